import type {
  ListTagsForResourceRequest,
  ListTagsForResourceResponse,
} from "@aws-sdk/client-cloudwatch-logs";
import type { RequestContext } from "../../../wire/index.ts";
import { groupOf, type Logs } from "../model.ts";

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_ListTagsForResource.html */
export async function ListTagsForResource(
  logs: Logs,
  input: ListTagsForResourceRequest,
  context: RequestContext,
): Promise<ListTagsForResourceResponse> {
  const group = await (await logs.current()).read(
    "group",
    groupOf(context, { logGroupIdentifier: input.resourceArn }),
  );
  return { tags: JSON.parse(group.tags) as Record<string, string> };
}
