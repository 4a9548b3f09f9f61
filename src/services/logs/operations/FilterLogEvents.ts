import type {
  FilteredLogEvent,
  FilterLogEventsRequest,
  FilterLogEventsResponse,
} from "@aws-sdk/client-cloudwatch-logs";
import { logsLimits } from "../../../base/index.ts";
import type { RequestContext } from "../../../wire/index.ts";
import { fail } from "../errors.ts";
import { compilePattern } from "../filter-pattern.ts";
import { groupOf, type Logs, parsePosition, positionToken } from "../model.ts";
import type { Position } from "../store/events.ts";

const EVENT_ID_DIGITS = 56;
/** Events from before can't be asked for with the latest first. */
const LATEST_FIRST_SINCE = Date.UTC(2024, 0, 1);

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html */
export async function FilterLogEvents(
  logs: Logs,
  input: FilterLogEventsRequest,
  context: RequestContext,
): Promise<FilterLogEventsResponse> {
  if (input.logStreamNames !== undefined && input.logStreamNamePrefix !== undefined) {
    throw fail("InvalidParameterException", {
      with: "LogStreamNames and LogStreamNamePrefix are mutually exclusive parameters.",
    });
  }
  const accepts = compilePattern(input.filterPattern);
  const limit = input.limit ?? logsLimits.answerEvents;
  const store = await logs.current();
  const at = groupOf(context, input);
  const { direction, ...begin } = startOf(input);
  let after: Position = begin;
  const events: FilteredLogEvent[] = [];
  let answerBytes = 0;
  let scanned = 0;
  let scannedBytes = 0;
  for (;;) {
    const rows = await store.read("groupEvents", {
      ...at,
      from: input.startTime ?? 0,
      to: input.endTime ?? Number.MAX_SAFE_INTEGER,
      streams: input.logStreamNames ?? [],
      streamPrefix: input.logStreamNamePrefix ?? "",
      after,
      descending: direction === "b",
      limit: logsLimits.filterReadEvents,
    });
    for (const row of rows) {
      if (
        events.length === limit ||
        answerBytes > logsLimits.answerBytes ||
        scanned === logsLimits.filterScanEvents ||
        scannedBytes > logsLimits.filterScanBytes
      ) {
        return { events, searchedLogStreams: [], nextToken: positionToken(direction, after) };
      }
      after = { timestamp: row.timestamp, id: row.id };
      scanned += 1;
      scannedBytes += row.message.length;
      if (!accepts(row.message)) continue;
      answerBytes += Buffer.byteLength(row.message);
      events.push({
        logStreamName: row.stream,
        timestamp: row.timestamp,
        message: row.message,
        ingestionTime: row.ingested_at,
        eventId: String(row.id).padStart(EVENT_ID_DIGITS, "0"),
      });
    }
    if (rows.length < logsLimits.filterReadEvents) return { events, searchedLogStreams: [] };
  }
}

/** The place that a request goes on from, and in which direction; a token says both. */
function startOf({
  nextToken,
  startFromHead,
  startTime,
}: FilterLogEventsRequest): ReturnType<typeof parsePosition> {
  if (nextToken !== undefined) return parsePosition(nextToken);
  if (startFromHead ?? true) return { direction: "f", timestamp: -1, id: 0 };
  if (startTime !== undefined && startTime < LATEST_FIRST_SINCE) {
    throw fail("InvalidParameterException", {
      with: "startFromHead can be false only with a startTime on or after Jan 1, 2024 00:00:00 UTC.",
    });
  }
  return { direction: "b", timestamp: Number.MAX_SAFE_INTEGER, id: Number.MAX_SAFE_INTEGER };
}
