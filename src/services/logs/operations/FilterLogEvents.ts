import type {
  FilteredLogEvent,
  FilterLogEventsRequest,
  FilterLogEventsResponse,
} from "@aws-sdk/client-cloudwatch-logs";
import type { RequestContext } from "../../../wire/index.ts";
import { fail } from "../errors.ts";
import { compilePattern } from "../filter-pattern.ts";
import { groupOf, type Logs, parsePosition, positionToken } from "../model.ts";

const EVENTS_MOST = 10_000;
const ANSWER_BYTES_MOST = 1_048_576;
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
  const limit = Math.min(input.limit ?? EVENTS_MOST, EVENTS_MOST);
  const store = await logs.current();
  const at = groupOf(context, input);
  let after = input.nextToken === undefined ? { timestamp: -1, id: 0 } : parsePosition(input.nextToken);
  const events: FilteredLogEvent[] = [];
  let bytes = 0;
  for (;;) {
    const rows = await store.read("groupEvents", {
      ...at,
      from: input.startTime ?? 0,
      to: input.endTime ?? Number.MAX_SAFE_INTEGER,
      streams: input.logStreamNames ?? [],
      streamPrefix: input.logStreamNamePrefix ?? "",
      after: { timestamp: after.timestamp, id: after.id },
      limit,
    });
    for (const row of rows) {
      if (events.length === limit || bytes > ANSWER_BYTES_MOST) {
        return { events, searchedLogStreams: [], nextToken: positionToken("f", after) };
      }
      after = { direction: "f", timestamp: row.timestamp, id: row.id };
      if (!accepts(row.message)) continue;
      bytes += row.message.length;
      events.push({
        logStreamName: row.stream,
        timestamp: row.timestamp,
        message: row.message,
        ingestionTime: row.ingested_at,
        eventId: String(row.id).padStart(EVENT_ID_DIGITS, "0"),
      });
    }
    if (rows.length < limit) return { events, searchedLogStreams: [] };
  }
}
