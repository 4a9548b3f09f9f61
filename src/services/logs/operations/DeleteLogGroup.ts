import type { DeleteLogGroupRequest } from "@aws-sdk/client-cloudwatch-logs";
import type { RequestContext } from "../../../wire/index.ts";
import { groupOf, type Logs } from "../model.ts";

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DeleteLogGroup.html */
export async function DeleteLogGroup(
  logs: Logs,
  input: DeleteLogGroupRequest,
  context: RequestContext,
): Promise<Record<string, never>> {
  await (await logs.current()).write("deleteGroup", groupOf(context, input));
  return {};
}
