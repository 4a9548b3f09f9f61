import type { DeleteRolePermissionsBoundaryRequest } from "@aws-sdk/client-iam";
import type { RequestContext } from "../../../wire/index.ts";
import { deleteBoundary } from "../entity-policies.ts";
import type { Iam } from "../model.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRolePermissionsBoundary.html */
export async function DeleteRolePermissionsBoundary(
  iam: Iam,
  input: DeleteRolePermissionsBoundaryRequest,
  context: RequestContext,
): Promise<Record<string, never>> {
  await deleteBoundary(iam, "role", { account: context.account, name: input.RoleName });
  return {};
}
