import type { CreateLogStreamRequest } from "@aws-sdk/client-cloudwatch-logs";
import type { RequestContext } from "../../../wire/index.ts";
import { groupOf, type Logs } from "../model.ts";

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogStream.html */
export async function CreateLogStream(
  logs: Logs,
  input: CreateLogStreamRequest,
  context: RequestContext,
): Promise<Record<string, never>> {
  const store = await logs.current();
  await store.write("createStream", {
    ...groupOf(context, input),
    stream: input.logStreamName ?? "",
    now: logs.clock.now(),
  });
  return {};
}
