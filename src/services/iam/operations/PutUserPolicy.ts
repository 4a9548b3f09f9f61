import type { PutUserPolicyRequest } from "@aws-sdk/client-iam";
import type { RequestContext } from "../../../wire/index.ts";
import { putInlinePolicy } from "../entity-policies.ts";
import type { Iam } from "../model.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutUserPolicy.html */
export async function PutUserPolicy(
  iam: Iam,
  input: PutUserPolicyRequest,
  context: RequestContext,
): Promise<Record<string, never>> {
  await putInlinePolicy(iam, "user", { account: context.account, name: input.UserName }, input);
  return {};
}
