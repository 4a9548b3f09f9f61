import type { ListAttachedRolePoliciesRequest, ListAttachedRolePoliciesResponse } from "@aws-sdk/client-iam";
import type { RequestContext } from "../../../wire/index.ts";
import { listAttachedPolicies } from "../entity-policies.ts";
import type { Iam } from "../model.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListAttachedRolePolicies.html */
export async function ListAttachedRolePolicies(
  iam: Iam,
  input: ListAttachedRolePoliciesRequest,
  context: RequestContext,
): Promise<ListAttachedRolePoliciesResponse> {
  return listAttachedPolicies(iam, "role", { account: context.account, name: input.RoleName }, input);
}
