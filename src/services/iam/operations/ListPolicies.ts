import type { ListPoliciesRequest, ListPoliciesResponse } from "@aws-sdk/client-iam";
import type { RequestContext } from "../../../wire/index.ts";
import { allPolicyUses, UNUSED } from "../attachments.ts";
import { type PolicyUses, toPolicy } from "../documents.ts";
import { MANAGED_POLICIES } from "../managed-policies.ts";
import type { Iam } from "../model.ts";
import { pageOf } from "../pages.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListPolicies.html */
export async function ListPolicies(
  iam: Iam,
  input: ListPoliciesRequest,
  context: RequestContext,
): Promise<ListPoliciesResponse> {
  const uses = await allPolicyUses(iam, context.account);
  const accept = (policy: { readonly arn: string; readonly path: string }) =>
    policy.path.startsWith(input.PathPrefix ?? "/") && isAsked(uses.get(policy.arn) ?? UNUSED, input);
  const own =
    input.Scope === "AWS"
      ? []
      : (await iam.policies.list(context.account, { maxItems: Number.POSITIVE_INFINITY })).documents;
  const managed = input.Scope === "Local" ? [] : MANAGED_POLICIES;
  const found = [...own, ...managed].filter(accept).sort((one, other) => (one.arn < other.arn ? -1 : 1));
  const { items, rest } = pageOf(found, ({ arn }) => arn, input);
  return { Policies: items.map((policy) => toPolicy(policy, uses.get(policy.arn) ?? UNUSED)), ...rest };
}

function isAsked({ attached, boundaries }: PolicyUses, input: ListPoliciesRequest): boolean {
  const isUsed = attached + boundaries > 0;
  if (input.OnlyAttached === true && !isUsed) return false;
  switch (input.PolicyUsageFilter) {
    case "PermissionsPolicy":
      return attached > 0;
    case "PermissionsBoundary":
      return boundaries > 0;
    default:
      return true;
  }
}
