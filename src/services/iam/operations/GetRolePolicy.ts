import type { GetRolePolicyRequest, GetRolePolicyResponse } from "@aws-sdk/client-iam";
import type { RequestContext } from "../../../wire/index.ts";
import { getInlinePolicy } from "../entity-policies.ts";
import type { Iam } from "../model.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRolePolicy.html */
export async function GetRolePolicy(
  iam: Iam,
  input: GetRolePolicyRequest,
  context: RequestContext,
): Promise<GetRolePolicyResponse> {
  const { entity, ...policy } = await getInlinePolicy(
    iam,
    "role",
    { account: context.account, name: input.RoleName },
    input.PolicyName,
  );
  return { RoleName: entity, ...policy };
}
