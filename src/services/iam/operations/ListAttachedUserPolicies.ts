import type { ListAttachedUserPoliciesRequest, ListAttachedUserPoliciesResponse } from "@aws-sdk/client-iam";
import type { RequestContext } from "../../../wire/index.ts";
import { listAttachedPolicies } from "../entity-policies.ts";
import type { Iam } from "../model.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListAttachedUserPolicies.html */
export async function ListAttachedUserPolicies(
  iam: Iam,
  input: ListAttachedUserPoliciesRequest,
  context: RequestContext,
): Promise<ListAttachedUserPoliciesResponse> {
  return listAttachedPolicies(iam, "user", { account: context.account, name: input.UserName }, input);
}
