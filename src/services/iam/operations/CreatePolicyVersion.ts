import type { CreatePolicyVersionRequest, CreatePolicyVersionResponse } from "@aws-sdk/client-iam";
import { iamLimits } from "../../../base/index.ts";
import type { RequestContext } from "../../../wire/index.ts";
import { ownPolicy } from "../attachments.ts";
import { checkPolicyDocument, toPolicyVersion } from "../documents.ts";
import { fail } from "../errors.ts";
import type { Iam } from "../model.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicyVersion.html */
export async function CreatePolicyVersion(
  iam: Iam,
  input: CreatePolicyVersionRequest,
  context: RequestContext,
): Promise<CreatePolicyVersionResponse> {
  const document = checkPolicyDocument(input.PolicyDocument, "managed");
  const { name } = await ownPolicy(iam, context.account, input.PolicyArn ?? "");
  const changed = await iam.policies.update(context.account, name, (policy) => {
    if (policy.versions.length >= iamLimits.policyVersions) {
      throw fail("LimitExceeded", {
        with: "A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing version.",
      });
    }
    const id = `v${policy.nextVersion}`;
    return {
      ...policy,
      versions: [...policy.versions, { id, document, createdAt: iam.clock.now() }],
      nextVersion: policy.nextVersion + 1,
      updatedAt: iam.clock.now(),
      ...(input.SetAsDefault === true ? { defaultVersion: id } : {}),
    };
  });
  const version = changed.versions.at(-1);
  return version === undefined ? {} : { PolicyVersion: toPolicyVersion(changed, version, false) };
}
