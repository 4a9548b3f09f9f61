import type { DeleteRoleRequest } from "@aws-sdk/client-iam";
import type { RequestContext } from "../../../wire/index.ts";
import { checkWithoutPolicies } from "../entity-policies.ts";
import type { Iam } from "../model.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRole.html */
export async function DeleteRole(
  iam: Iam,
  input: DeleteRoleRequest,
  context: RequestContext,
): Promise<Record<string, never>> {
  await iam.roles.remove(context.account, input.RoleName ?? "", checkWithoutPolicies);
  return {};
}
