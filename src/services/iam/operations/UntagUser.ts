import type { UntagUserRequest } from "@aws-sdk/client-iam";
import type { RequestContext } from "../../../wire/index.ts";
import { withoutTags } from "../documents.ts";
import type { Iam } from "../model.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_UntagUser.html */
export async function UntagUser(
  iam: Iam,
  input: UntagUserRequest,
  context: RequestContext,
): Promise<Record<string, never>> {
  await iam.users.update(context.account, input.UserName ?? "", (user) => ({
    ...user,
    tags: withoutTags(user.tags, input.TagKeys),
  }));
  return {};
}
