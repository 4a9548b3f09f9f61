import type { GetLogEventsRequest, GetLogEventsResponse } from "@aws-sdk/client-cloudwatch-logs";
import { logsLimits } from "../../../base/index.ts";
import type { RequestContext } from "../../../wire/index.ts";
import { groupOf, type Logs, parsePosition, positionToken } from "../model.ts";
import type { EventRow } from "../store/events.ts";

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html */
export async function GetLogEvents(
  logs: Logs,
  input: GetLogEventsRequest,
  context: RequestContext,
): Promise<GetLogEventsResponse> {
  const token = input.nextToken === undefined ? undefined : parsePosition(input.nextToken);
  const start = { timestamp: -1, id: 0 };
  const position =
    token?.direction === "f"
      ? { after: token }
      : token?.direction === "b"
        ? { before: token }
        : input.startFromHead === true
          ? { after: start }
          : {};
  const found = await (await logs.current()).read("streamEvents", {
    ...groupOf(context, input),
    stream: input.logStreamName ?? "",
    from: input.startTime ?? 0,
    to: input.endTime ?? Number.MAX_SAFE_INTEGER,
    ...position,
    limit: input.limit ?? logsLimits.answerEvents,
  });
  const rows = fitting(found, "after" in position);
  // At either end the same token comes back, which is how callers know that they have arrived.
  const first = rows[0] ?? token ?? start;
  const last = rows.at(-1) ?? token ?? start;
  return {
    events: rows.map((row) => ({
      timestamp: row.timestamp,
      message: row.message,
      ingestionTime: row.ingested_at,
    })),
    nextForwardToken: positionToken("f", last.timestamp < 0 ? { timestamp: 0, id: 0 } : last),
    nextBackwardToken: positionToken("b", first.timestamp < 0 ? { timestamp: 0, id: 0 } : first),
  };
}

/** As many events as one answer takes, the first of them if it goes forward and the last otherwise. */
function fitting(rows: readonly EventRow[], forward: boolean): readonly EventRow[] {
  let bytes = 0;
  let count = 0;
  for (; count < rows.length; count += 1) {
    const row = rows[forward ? count : rows.length - 1 - count];
    bytes += Buffer.byteLength(row?.message ?? "");
    if (count > 0 && bytes > logsLimits.answerBytes) break;
  }
  return forward ? rows.slice(0, count) : rows.slice(rows.length - count);
}
