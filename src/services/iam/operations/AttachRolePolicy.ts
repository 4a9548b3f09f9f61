import type { AttachRolePolicyRequest } from "@aws-sdk/client-iam";
import type { RequestContext } from "../../../wire/index.ts";
import { requireAttachable } from "../attachments.ts";
import type { Iam } from "../model.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_AttachRolePolicy.html */
export async function AttachRolePolicy(
  iam: Iam,
  input: AttachRolePolicyRequest,
  context: RequestContext,
): Promise<Record<string, never>> {
  const arn = await requireAttachable(iam, context.account, input.PolicyArn ?? "");
  await iam.roles.update(context.account, input.RoleName ?? "", (role) => ({
    ...role,
    attachedPolicies: [...new Set([...role.attachedPolicies, arn])],
  }));
  return {};
}
