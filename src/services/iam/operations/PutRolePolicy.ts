import type { PutRolePolicyRequest } from "@aws-sdk/client-iam";
import type { RequestContext } from "../../../wire/index.ts";
import { checkPolicyDocument } from "../documents.ts";
import type { Iam } from "../model.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html */
export async function PutRolePolicy(
  iam: Iam,
  input: PutRolePolicyRequest,
  context: RequestContext,
): Promise<Record<string, never>> {
  const document = checkPolicyDocument(input.PolicyDocument, "identity");
  await iam.roles.update(context.account, input.RoleName ?? "", (role) => ({
    ...role,
    inlinePolicies: { ...role.inlinePolicies, [input.PolicyName ?? ""]: document },
  }));
  return {};
}
