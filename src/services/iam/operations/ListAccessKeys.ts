import type { ListAccessKeysRequest, ListAccessKeysResponse } from "@aws-sdk/client-iam";
import type { RequestContext } from "../../../wire/index.ts";
import { keysOfUser } from "../access-keys.ts";
import type { Iam } from "../model.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListAccessKeys.html */
export async function ListAccessKeys(
  iam: Iam,
  input: ListAccessKeysRequest,
  context: RequestContext,
): Promise<ListAccessKeysResponse> {
  const name = input.UserName ?? context.identity.arn.slice(context.identity.arn.lastIndexOf("/") + 1);
  const user = await iam.users.get(context.account, name);
  const keys = await keysOfUser(iam, context.account, user.name);
  return {
    AccessKeyMetadata: keys.map((key) => ({
      UserName: key.userName,
      AccessKeyId: key.id,
      Status: key.active ? ("Active" as const) : ("Inactive" as const),
      CreateDate: new Date(key.createdAt),
    })),
    IsTruncated: false,
  };
}
