import type { UntagResourceRequest } from "@aws-sdk/client-cloudwatch-logs";
import type { RequestContext } from "../../../wire/index.ts";
import { groupOf, type Logs } from "../model.ts";

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_UntagResource.html */
export async function UntagResource(
  logs: Logs,
  input: UntagResourceRequest,
  context: RequestContext,
): Promise<Record<string, never>> {
  const at = groupOf(context, { logGroupIdentifier: input.resourceArn });
  await (await logs.current()).write("setTags", { ...at, add: {}, remove: input.tagKeys ?? [] });
  return {};
}
