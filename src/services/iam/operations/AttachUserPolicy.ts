import type { AttachUserPolicyRequest } from "@aws-sdk/client-iam";
import type { RequestContext } from "../../../wire/index.ts";
import { attachPolicy } from "../entity-policies.ts";
import type { Iam } from "../model.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_AttachUserPolicy.html */
export async function AttachUserPolicy(
  iam: Iam,
  input: AttachUserPolicyRequest,
  context: RequestContext,
): Promise<Record<string, never>> {
  await attachPolicy(iam, "user", { account: context.account, name: input.UserName }, input.PolicyArn);
  return {};
}
