import type { ListAccessKeysRequest, ListAccessKeysResponse } from "@aws-sdk/client-iam";
import type { RequestContext } from "../../../wire/index.ts";
import { keysOfUser, userOf } from "../access-keys.ts";
import type { AccessKeyDocument, Iam } from "../model.ts";
import { pageOf } from "../pages.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListAccessKeys.html */
export async function ListAccessKeys(
  iam: Iam,
  input: ListAccessKeysRequest,
  context: RequestContext,
): Promise<ListAccessKeysResponse> {
  const user = await userOf(iam, context, input.UserName);
  const keys = await keysOfUser(iam, user);
  const { items, rest } = pageOf(keys.sort(byId), ({ id }) => id, input);
  return {
    AccessKeyMetadata: items.map((key) => ({
      UserName: key.userName,
      AccessKeyId: key.id,
      Status: key.active ? ("Active" as const) : ("Inactive" as const),
      CreateDate: new Date(key.createdAt),
    })),
    ...rest,
  };
}

function byId(one: AccessKeyDocument, other: AccessKeyDocument): number {
  return one.id < other.id ? -1 : 1;
}
