import type { TagRoleRequest } from "@aws-sdk/client-iam";
import type { RequestContext } from "../../../wire/index.ts";
import { toTags } from "../documents.ts";
import type { Iam } from "../model.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_TagRole.html */
export async function TagRole(
  iam: Iam,
  input: TagRoleRequest,
  context: RequestContext,
): Promise<Record<string, never>> {
  await iam.roles.update(context.account, input.RoleName ?? "", (role) => ({
    ...role,
    tags: toTags(input.Tags, role.tags),
  }));
  return {};
}
