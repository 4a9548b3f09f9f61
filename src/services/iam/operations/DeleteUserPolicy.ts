import type { DeleteUserPolicyRequest } from "@aws-sdk/client-iam";
import type { RequestContext } from "../../../wire/index.ts";
import { deleteInlinePolicy } from "../entity-policies.ts";
import type { Iam } from "../model.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUserPolicy.html */
export async function DeleteUserPolicy(
  iam: Iam,
  input: DeleteUserPolicyRequest,
  context: RequestContext,
): Promise<Record<string, never>> {
  await deleteInlinePolicy(iam, "user", { account: context.account, name: input.UserName }, input.PolicyName);
  return {};
}
