import type { DeletePolicyVersionRequest } from "@aws-sdk/client-iam";
import type { RequestContext } from "../../../wire/index.ts";
import { ownPolicy, versionOf } from "../attachments.ts";
import { fail } from "../errors.ts";
import type { Iam } from "../model.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeletePolicyVersion.html */
export async function DeletePolicyVersion(
  iam: Iam,
  input: DeletePolicyVersionRequest,
  context: RequestContext,
): Promise<Record<string, never>> {
  const { name } = await ownPolicy(iam, context.account, input.PolicyArn ?? "");
  await iam.policies.update(context.account, name, (policy) => {
    const version = versionOf(policy, input.VersionId ?? "");
    if (version.id === policy.defaultVersion) {
      throw fail("DeleteConflict", { with: "Cannot delete the default version of a policy." });
    }
    return { ...policy, versions: policy.versions.filter(({ id }) => id !== version.id) };
  });
  return {};
}
