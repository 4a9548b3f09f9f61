import type { UntagRoleRequest } from "@aws-sdk/client-iam";
import type { RequestContext } from "../../../wire/index.ts";
import { withoutTags } from "../documents.ts";
import type { Iam } from "../model.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_UntagRole.html */
export async function UntagRole(
  iam: Iam,
  input: UntagRoleRequest,
  context: RequestContext,
): Promise<Record<string, never>> {
  await iam.roles.update(context.account, input.RoleName ?? "", (role) => ({
    ...role,
    tags: withoutTags(role.tags, input.TagKeys),
  }));
  return {};
}
