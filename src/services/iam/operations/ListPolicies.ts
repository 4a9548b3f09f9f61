import type { ListPoliciesRequest, ListPoliciesResponse } from "@aws-sdk/client-iam";
import type { RequestContext } from "../../../wire/index.ts";
import { attachmentCounts } from "../attachments.ts";
import { toPolicy } from "../documents.ts";
import { MANAGED_POLICIES } from "../managed-policies.ts";
import type { Iam } from "../model.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListPolicies.html */
export async function ListPolicies(
  iam: Iam,
  input: ListPoliciesRequest,
  context: RequestContext,
): Promise<ListPoliciesResponse> {
  const counts = await attachmentCounts(iam, context.account);
  const accept = (policy: { readonly arn: string; readonly path: string }) =>
    policy.path.startsWith(input.PathPrefix ?? "/") &&
    (input.OnlyAttached !== true || (counts.get(policy.arn) ?? 0) > 0);
  const managed =
    input.Scope === "Local" || input.Marker !== undefined ? [] : MANAGED_POLICIES.filter(accept);
  const page =
    input.Scope === "AWS"
      ? { documents: [] }
      : await iam.policies.list(context.account, { marker: input.Marker, maxItems: input.MaxItems }, accept);
  return {
    Policies: [...page.documents, ...managed].map((policy) => toPolicy(policy, counts.get(policy.arn) ?? 0)),
    IsTruncated: "marker" in page && page.marker !== undefined,
    ...("marker" in page && page.marker !== undefined ? { Marker: page.marker } : {}),
  };
}
