import type { ListRoleTagsRequest, ListRoleTagsResponse } from "@aws-sdk/client-iam";
import type { RequestContext } from "../../../wire/index.ts";
import { fromTags } from "../documents.ts";
import type { Iam } from "../model.ts";
import { pageOf } from "../pages.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRoleTags.html */
export async function ListRoleTags(
  iam: Iam,
  input: ListRoleTagsRequest,
  context: RequestContext,
): Promise<ListRoleTagsResponse> {
  const { tags } = await iam.roles.get(context.account, input.RoleName ?? "");
  const { items, rest } = pageOf(fromTags(tags), ({ Key }) => Key ?? "", input);
  return { Tags: items, ...rest };
}
