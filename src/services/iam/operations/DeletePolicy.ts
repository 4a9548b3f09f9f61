import type { DeletePolicyRequest } from "@aws-sdk/client-iam";
import type { RequestContext } from "../../../wire/index.ts";
import { ownPolicy, policyUses } from "../attachments.ts";
import { fail } from "../errors.ts";
import type { Iam } from "../model.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeletePolicy.html */
export async function DeletePolicy(
  iam: Iam,
  input: DeletePolicyRequest,
  context: RequestContext,
): Promise<Record<string, never>> {
  const policy = await ownPolicy(iam, context.account, input.PolicyArn ?? "");
  const { attached, boundaries } = await policyUses(iam, context.account, policy.arn);
  if (attached + boundaries > 0) {
    throw fail("DeleteConflict", { with: "Cannot delete a policy attached to entities." });
  }
  await iam.policies.remove(context.account, policy.name, (current) => {
    if (current.versions.length > 1) {
      throw fail("DeleteConflict", {
        with: "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.",
      });
    }
  });
  return {};
}
