import type {
  ListInstanceProfilesForRoleRequest,
  ListInstanceProfilesForRoleResponse,
} from "@aws-sdk/client-iam";
import type { RequestContext } from "../../../wire/index.ts";
import type { Iam } from "../model.ts";

/**
 * There are no instances here, so a role is in no profile; tools ask before they delete a role.
 * https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListInstanceProfilesForRole.html
 */
export async function ListInstanceProfilesForRole(
  iam: Iam,
  input: ListInstanceProfilesForRoleRequest,
  context: RequestContext,
): Promise<ListInstanceProfilesForRoleResponse> {
  await iam.roles.get(context.account, input.RoleName ?? "");
  return { InstanceProfiles: [], IsTruncated: false };
}
