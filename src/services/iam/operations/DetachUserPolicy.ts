import type { DetachUserPolicyRequest } from "@aws-sdk/client-iam";
import type { RequestContext } from "../../../wire/index.ts";
import { detachPolicy } from "../entity-policies.ts";
import type { Iam } from "../model.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_DetachUserPolicy.html */
export async function DetachUserPolicy(
  iam: Iam,
  input: DetachUserPolicyRequest,
  context: RequestContext,
): Promise<Record<string, never>> {
  await detachPolicy(iam, "user", { account: context.account, name: input.UserName }, input.PolicyArn);
  return {};
}
