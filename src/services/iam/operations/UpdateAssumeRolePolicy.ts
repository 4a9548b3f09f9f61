import type { UpdateAssumeRolePolicyRequest } from "@aws-sdk/client-iam";
import type { RequestContext } from "../../../wire/index.ts";
import { checkPolicyDocument } from "../documents.ts";
import type { Iam } from "../model.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAssumeRolePolicy.html */
export async function UpdateAssumeRolePolicy(
  iam: Iam,
  input: UpdateAssumeRolePolicyRequest,
  context: RequestContext,
): Promise<Record<string, never>> {
  const trustPolicy = checkPolicyDocument(input.PolicyDocument, "trust");
  await iam.roles.update(context.account, input.RoleName ?? "", (role) => ({ ...role, trustPolicy }));
  return {};
}
