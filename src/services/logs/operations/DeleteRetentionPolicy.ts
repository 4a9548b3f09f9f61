import type { DeleteRetentionPolicyRequest } from "@aws-sdk/client-cloudwatch-logs";
import type { RequestContext } from "../../../wire/index.ts";
import { groupOf, type Logs } from "../model.ts";

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DeleteRetentionPolicy.html */
export async function DeleteRetentionPolicy(
  logs: Logs,
  input: DeleteRetentionPolicyRequest,
  context: RequestContext,
): Promise<Record<string, never>> {
  await (await logs.current()).write("setRetention", { ...groupOf(context, input), days: null });
  return {};
}
