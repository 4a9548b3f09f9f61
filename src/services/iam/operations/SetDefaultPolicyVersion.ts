import type { SetDefaultPolicyVersionRequest } from "@aws-sdk/client-iam";
import type { RequestContext } from "../../../wire/index.ts";
import { ownPolicy, versionOf } from "../attachments.ts";
import type { Iam } from "../model.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_SetDefaultPolicyVersion.html */
export async function SetDefaultPolicyVersion(
  iam: Iam,
  input: SetDefaultPolicyVersionRequest,
  context: RequestContext,
): Promise<Record<string, never>> {
  const { name } = await ownPolicy(iam, context.account, input.PolicyArn ?? "");
  await iam.policies.update(context.account, name, (policy) => ({
    ...policy,
    defaultVersion: versionOf(policy, input.VersionId ?? "").id,
    updatedAt: iam.clock.now(),
  }));
  return {};
}
