import type { DeleteRoleRequest } from "@aws-sdk/client-iam";
import type { RequestContext } from "../../../wire/index.ts";
import { fail } from "../errors.ts";
import type { Iam } from "../model.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRole.html */
export async function DeleteRole(
  iam: Iam,
  input: DeleteRoleRequest,
  context: RequestContext,
): Promise<Record<string, never>> {
  await iam.roles.remove(context.account, input.RoleName ?? "", (role) => {
    if (role.attachedPolicies.length > 0) {
      throw fail("DeleteConflict", { with: "Cannot delete entity, must detach all policies first." });
    }
    if (Object.keys(role.inlinePolicies).length > 0) {
      throw fail("DeleteConflict", { with: "Cannot delete entity, must delete policies first." });
    }
  });
  return {};
}
