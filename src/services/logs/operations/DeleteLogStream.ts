import type { DeleteLogStreamRequest } from "@aws-sdk/client-cloudwatch-logs";
import type { RequestContext } from "../../../wire/index.ts";
import { groupOf, type Logs } from "../model.ts";

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DeleteLogStream.html */
export async function DeleteLogStream(
  logs: Logs,
  input: DeleteLogStreamRequest,
  context: RequestContext,
): Promise<Record<string, never>> {
  await (await logs.current()).write("deleteStream", {
    ...groupOf(context, input),
    stream: input.logStreamName ?? "",
  });
  return {};
}
