import type { GetUserPolicyRequest, GetUserPolicyResponse } from "@aws-sdk/client-iam";
import type { RequestContext } from "../../../wire/index.ts";
import { getInlinePolicy } from "../entity-policies.ts";
import type { Iam } from "../model.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetUserPolicy.html */
export async function GetUserPolicy(
  iam: Iam,
  input: GetUserPolicyRequest,
  context: RequestContext,
): Promise<GetUserPolicyResponse> {
  const { entity, ...policy } = await getInlinePolicy(
    iam,
    "user",
    { account: context.account, name: input.UserName },
    input.PolicyName,
  );
  return { UserName: entity, ...policy };
}
