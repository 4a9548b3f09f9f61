import type { GetLogEventsRequest, GetLogEventsResponse } from "@aws-sdk/client-cloudwatch-logs";
import type { RequestContext } from "../../../wire/index.ts";
import { groupOf, type Logs, parsePosition, positionToken } from "../model.ts";

const EVENTS_MOST = 10_000;

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
  const rows = await (await logs.current()).read("streamEvents", {
    ...groupOf(context, input),
    stream: input.logStreamName ?? "",
    from: input.startTime ?? 0,
    to: input.endTime ?? Number.MAX_SAFE_INTEGER,
    ...position,
    limit: input.limit ?? EVENTS_MOST,
  });
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
