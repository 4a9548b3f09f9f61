import type { TagUserRequest } from "@aws-sdk/client-iam";
import type { RequestContext } from "../../../wire/index.ts";
import { toTags } from "../documents.ts";
import type { Iam } from "../model.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_TagUser.html */
export async function TagUser(
  iam: Iam,
  input: TagUserRequest,
  context: RequestContext,
): Promise<Record<string, never>> {
  await iam.users.update(context.account, input.UserName ?? "", (user) => ({
    ...user,
    tags: toTags(input.Tags, user.tags),
  }));
  return {};
}
