import type { ListRolePoliciesRequest, ListRolePoliciesResponse } from "@aws-sdk/client-iam";
import type { RequestContext } from "../../../wire/index.ts";
import { listInlinePolicies } from "../entity-policies.ts";
import type { Iam } from "../model.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRolePolicies.html */
export async function ListRolePolicies(
  iam: Iam,
  input: ListRolePoliciesRequest,
  context: RequestContext,
): Promise<ListRolePoliciesResponse> {
  return listInlinePolicies(iam, "role", { account: context.account, name: input.RoleName }, input);
}
