import type { AttachRolePolicyRequest } from "@aws-sdk/client-iam";
import type { RequestContext } from "../../../wire/index.ts";
import { attachPolicy } from "../entity-policies.ts";
import type { Iam } from "../model.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_AttachRolePolicy.html */
export async function AttachRolePolicy(
  iam: Iam,
  input: AttachRolePolicyRequest,
  context: RequestContext,
): Promise<Record<string, never>> {
  await attachPolicy(iam, "role", { account: context.account, name: input.RoleName }, input.PolicyArn);
  return {};
}
