import type { DeleteRolePolicyRequest } from "@aws-sdk/client-iam";
import type { RequestContext } from "../../../wire/index.ts";
import { fail } from "../errors.ts";
import type { Iam } from "../model.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRolePolicy.html */
export async function DeleteRolePolicy(
  iam: Iam,
  input: DeleteRolePolicyRequest,
  context: RequestContext,
): Promise<Record<string, never>> {
  const name = input.PolicyName ?? "";
  await iam.roles.update(context.account, input.RoleName ?? "", (role) => {
    if (!Object.hasOwn(role.inlinePolicies, name))
      throw fail("NoSuchEntity", { with: { kind: "role policy", name } });
    return {
      ...role,
      inlinePolicies: Object.fromEntries(Object.entries(role.inlinePolicies).filter(([key]) => key !== name)),
    };
  });
  return {};
}
