import type { GetPolicyRequest, GetPolicyResponse } from "@aws-sdk/client-iam";
import type { RequestContext } from "../../../wire/index.ts";
import { policyByArn, policyUses } from "../attachments.ts";
import { toPolicy } from "../documents.ts";
import type { Iam } from "../model.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetPolicy.html */
export async function GetPolicy(
  iam: Iam,
  input: GetPolicyRequest,
  context: RequestContext,
): Promise<GetPolicyResponse> {
  const policy = await policyByArn(iam, context.account, input.PolicyArn ?? "");
  return { Policy: toPolicy(policy, await policyUses(iam, context.account, policy.arn)) };
}
