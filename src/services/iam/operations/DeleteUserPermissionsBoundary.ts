import type { DeleteUserPermissionsBoundaryRequest } from "@aws-sdk/client-iam";
import type { RequestContext } from "../../../wire/index.ts";
import { deleteBoundary } from "../entity-policies.ts";
import type { Iam } from "../model.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUserPermissionsBoundary.html */
export async function DeleteUserPermissionsBoundary(
  iam: Iam,
  input: DeleteUserPermissionsBoundaryRequest,
  context: RequestContext,
): Promise<Record<string, never>> {
  await deleteBoundary(iam, "user", { account: context.account, name: input.UserName });
  return {};
}
