import type { ListRolePoliciesRequest, ListRolePoliciesResponse } from "@aws-sdk/client-iam";
import type { RequestContext } from "../../../wire/index.ts";
import type { Iam } from "../model.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRolePolicies.html */
export async function ListRolePolicies(
  iam: Iam,
  input: ListRolePoliciesRequest,
  context: RequestContext,
): Promise<ListRolePoliciesResponse> {
  const role = await iam.roles.get(context.account, input.RoleName ?? "");
  return { PolicyNames: Object.keys(role.inlinePolicies).sort(), IsTruncated: false };
}
