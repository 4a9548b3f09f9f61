import type { TagResourceRequest } from "@aws-sdk/client-cloudwatch-logs";
import type { RequestContext } from "../../../wire/index.ts";
import { groupOf, type Logs } from "../model.ts";

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_TagResource.html */
export async function TagResource(
  logs: Logs,
  input: TagResourceRequest,
  context: RequestContext,
): Promise<Record<string, never>> {
  const at = groupOf(context, { logGroupIdentifier: input.resourceArn });
  await (await logs.current()).write("setTags", { ...at, add: input.tags ?? {}, remove: [] });
  return {};
}
