import type { ListUserPoliciesRequest, ListUserPoliciesResponse } from "@aws-sdk/client-iam";
import type { RequestContext } from "../../../wire/index.ts";
import { listInlinePolicies } from "../entity-policies.ts";
import type { Iam } from "../model.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListUserPolicies.html */
export async function ListUserPolicies(
  iam: Iam,
  input: ListUserPoliciesRequest,
  context: RequestContext,
): Promise<ListUserPoliciesResponse> {
  return listInlinePolicies(iam, "user", { account: context.account, name: input.UserName }, input);
}
