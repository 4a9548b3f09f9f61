import type { PutLogEventsRequest, PutLogEventsResponse } from "@aws-sdk/client-cloudwatch-logs";
import { logsLimits } from "../../../base/index.ts";
import type { RequestContext } from "../../../wire/index.ts";
import { fail } from "../errors.ts";
import { groupOf, type Logs } from "../model.ts";

const DAY_MS = 86_400_000;
const FUTURE_MOST_MS = 2 * 3_600_000;
const PAST_MOST_MS = 14 * DAY_MS;
const EVENT_OVERHEAD_BYTES = 26;

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html */
export async function PutLogEvents(
  logs: Logs,
  input: PutLogEventsRequest,
  context: RequestContext,
): Promise<PutLogEventsResponse> {
  const events = (input.logEvents ?? []).map(({ timestamp, message }) => ({
    timestamp: timestamp ?? 0,
    message: message ?? "",
  }));
  const at = { ...groupOf(context, input), stream: input.logStreamName ?? "" };
  let bytes = 0;
  for (const [index, event] of events.entries()) {
    if (event.timestamp < (events[index - 1]?.timestamp ?? 0)) {
      throw fail("InvalidParameterException", {
        with: "Log events in a single PutLogEvents request must be in chronological order.",
      });
    }
    bytes += Buffer.byteLength(event.message) + EVENT_OVERHEAD_BYTES;
  }
  if (bytes > logsLimits.putBatchBytes) {
    throw fail("InvalidParameterException", {
      with: `Upload too large: ${bytes} bytes exceeds limit of ${logsLimits.putBatchBytes}`,
    });
  }
  const spanMs = (events.at(-1)?.timestamp ?? 0) - (events[0]?.timestamp ?? 0);
  if (spanMs > DAY_MS) {
    throw fail("InvalidParameterException", {
      with: "The batch of log events in a single PutLogEvents request cannot span more than 24 hours.",
    });
  }

  const store = await logs.current();
  const now = logs.clock.now();
  const { retention_days } = await store.read("group", at);
  const keptFrom = retention_days === null ? 0 : now - retention_days * DAY_MS;
  const oldest = now - PAST_MOST_MS;
  const tooOld = events.filter(({ timestamp }) => timestamp < oldest).length;
  const expired = events.filter(({ timestamp }) => timestamp < keptFrom).length;
  const tooNew = events.findIndex(({ timestamp }) => timestamp > now + FUTURE_MOST_MS);
  const accepted = events.slice(Math.max(tooOld, expired), tooNew === -1 ? events.length : tooNew);
  await store.write("putEvents", { ...at, events: accepted, now });
  const rejected = {
    ...(tooNew === -1 ? {} : { tooNewLogEventStartIndex: tooNew }),
    ...(tooOld === 0 ? {} : { tooOldLogEventEndIndex: tooOld }),
    ...(expired === 0 ? {} : { expiredLogEventEndIndex: expired }),
  };
  return {
    nextSequenceToken: "49039859592440123456789012345678901234567890123456789012",
    ...(Object.keys(rejected).length === 0 ? {} : { rejectedLogEventsInfo: rejected }),
    // Events are not related to entities here; AWS takes the events without those that it rejects, too.
    ...(input.entity === undefined ? {} : { rejectedEntityInfo: { errorType: "UnsupportedLogGroupType" } }),
  };
}
