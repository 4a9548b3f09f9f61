import type { ListAttachedRolePoliciesRequest, ListAttachedRolePoliciesResponse } from "@aws-sdk/client-iam";
import type { RequestContext } from "../../../wire/index.ts";
import { toAttachedPolicy } from "../documents.ts";
import type { Iam } from "../model.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListAttachedRolePolicies.html */
export async function ListAttachedRolePolicies(
  iam: Iam,
  input: ListAttachedRolePoliciesRequest,
  context: RequestContext,
): Promise<ListAttachedRolePoliciesResponse> {
  const role = await iam.roles.get(context.account, input.RoleName ?? "");
  return { AttachedPolicies: role.attachedPolicies.map(toAttachedPolicy), IsTruncated: false };
}
