import type { PutRolePolicyRequest } from "@aws-sdk/client-iam";
import type { RequestContext } from "../../../wire/index.ts";
import { putInlinePolicy } from "../entity-policies.ts";
import type { Iam } from "../model.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html */
export async function PutRolePolicy(
  iam: Iam,
  input: PutRolePolicyRequest,
  context: RequestContext,
): Promise<Record<string, never>> {
  await putInlinePolicy(iam, "role", { account: context.account, name: input.RoleName }, input);
  return {};
}
