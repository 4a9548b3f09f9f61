import type { ListPolicyVersionsRequest, ListPolicyVersionsResponse } from "@aws-sdk/client-iam";
import type { RequestContext } from "../../../wire/index.ts";
import { policyByArn } from "../attachments.ts";
import { toPolicyVersion } from "../documents.ts";
import type { Iam } from "../model.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListPolicyVersions.html */
export async function ListPolicyVersions(
  iam: Iam,
  input: ListPolicyVersionsRequest,
  context: RequestContext,
): Promise<ListPolicyVersionsResponse> {
  const policy = await policyByArn(iam, context.account, input.PolicyArn ?? "");
  return {
    Versions: [...policy.versions].reverse().map((version) => toPolicyVersion(policy, version, false)),
    IsTruncated: false,
  };
}
