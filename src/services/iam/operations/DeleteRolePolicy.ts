import type { DeleteRolePolicyRequest } from "@aws-sdk/client-iam";
import type { RequestContext } from "../../../wire/index.ts";
import { deleteInlinePolicy } from "../entity-policies.ts";
import type { Iam } from "../model.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRolePolicy.html */
export async function DeleteRolePolicy(
  iam: Iam,
  input: DeleteRolePolicyRequest,
  context: RequestContext,
): Promise<Record<string, never>> {
  await deleteInlinePolicy(iam, "role", { account: context.account, name: input.RoleName }, input.PolicyName);
  return {};
}
