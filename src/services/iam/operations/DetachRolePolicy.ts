import type { DetachRolePolicyRequest } from "@aws-sdk/client-iam";
import type { RequestContext } from "../../../wire/index.ts";
import { detachPolicy } from "../entity-policies.ts";
import type { Iam } from "../model.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_DetachRolePolicy.html */
export async function DetachRolePolicy(
  iam: Iam,
  input: DetachRolePolicyRequest,
  context: RequestContext,
): Promise<Record<string, never>> {
  await detachPolicy(iam, "role", { account: context.account, name: input.RoleName }, input.PolicyArn);
  return {};
}
