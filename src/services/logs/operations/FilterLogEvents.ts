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
  let after: Position =
    input.nextToken === undefined ? { timestamp: -1, id: 0 } : parsePosition(input.nextToken);
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
      after: { timestamp: after.timestamp, id: after.id },
      limit: logsLimits.filterReadEvents,
    });
    for (const row of rows) {
      if (
        events.length === limit ||
        answerBytes > logsLimits.answerBytes ||
        scanned === logsLimits.filterScanEvents ||
        scannedBytes > logsLimits.filterScanBytes
      ) {
        return { events, searchedLogStreams: [], nextToken: positionToken("f", after) };
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
