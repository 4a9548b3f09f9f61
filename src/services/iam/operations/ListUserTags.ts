import type { ListUserTagsRequest, ListUserTagsResponse } from "@aws-sdk/client-iam";
import type { RequestContext } from "../../../wire/index.ts";
import { fromTags } from "../documents.ts";
import type { Iam } from "../model.ts";
import { pageOf } from "../pages.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListUserTags.html */
export async function ListUserTags(
  iam: Iam,
  input: ListUserTagsRequest,
  context: RequestContext,
): Promise<ListUserTagsResponse> {
  const { tags } = await iam.users.get(context.account, input.UserName ?? "");
  const { items, rest } = pageOf(fromTags(tags), ({ Key }) => Key ?? "", input);
  return { Tags: items, ...rest };
}
