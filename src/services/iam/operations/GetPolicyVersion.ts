import type { GetPolicyVersionRequest, GetPolicyVersionResponse } from "@aws-sdk/client-iam";
import type { RequestContext } from "../../../wire/index.ts";
import { policyByArn, versionOf } from "../attachments.ts";
import { toPolicyVersion } from "../documents.ts";
import type { Iam } from "../model.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetPolicyVersion.html */
export async function GetPolicyVersion(
  iam: Iam,
  input: GetPolicyVersionRequest,
  context: RequestContext,
): Promise<GetPolicyVersionResponse> {
  const policy = await policyByArn(iam, context.account, input.PolicyArn ?? "");
  return { PolicyVersion: toPolicyVersion(policy, versionOf(policy, input.VersionId ?? ""), true) };
}
