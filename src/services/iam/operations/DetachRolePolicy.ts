import type { DetachRolePolicyRequest } from "@aws-sdk/client-iam";
import type { RequestContext } from "../../../wire/index.ts";
import { fail } from "../errors.ts";
import type { Iam } from "../model.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_DetachRolePolicy.html */
export async function DetachRolePolicy(
  iam: Iam,
  input: DetachRolePolicyRequest,
  context: RequestContext,
): Promise<Record<string, never>> {
  const arn = input.PolicyArn ?? "";
  await iam.roles.update(context.account, input.RoleName ?? "", (role) => {
    if (!role.attachedPolicies.includes(arn))
      throw fail("NoSuchEntity", { with: `Policy ${arn} was not found.` });
    return { ...role, attachedPolicies: role.attachedPolicies.filter((attached) => attached !== arn) };
  });
  return {};
}
