import type { ListPolicyVersionsRequest, ListPolicyVersionsResponse } from "@aws-sdk/client-iam";
import type { RequestContext } from "../../../wire/index.ts";
import { policyByArn } from "../attachments.ts";
import { toPolicyVersion } from "../documents.ts";
import type { Iam } from "../model.ts";
import { pageOf } from "../pages.ts";

/** More than a policy can ever have; the difference to it has always as many digits. */
const VERSIONS_MOST = 999_999_999;

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListPolicyVersions.html */
export async function ListPolicyVersions(
  iam: Iam,
  input: ListPolicyVersionsRequest,
  context: RequestContext,
): Promise<ListPolicyVersionsResponse> {
  const policy = await policyByArn(iam, context.account, input.PolicyArn ?? "");
  const newestFirst = [...policy.versions].reverse();
  const { items, rest } = pageOf(newestFirst, ({ id }) => orderOf(id), input);
  return { Versions: items.map((version) => toPolicyVersion(policy, version, false)), ...rest };
}

/** A name that sorts later versions first. */
function orderOf(id: string): string {
  return String(VERSIONS_MOST - Number(id.slice(1)));
}
