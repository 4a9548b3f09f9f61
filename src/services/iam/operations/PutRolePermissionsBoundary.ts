import type { PutRolePermissionsBoundaryRequest } from "@aws-sdk/client-iam";
import type { RequestContext } from "../../../wire/index.ts";
import { putBoundary } from "../entity-policies.ts";
import type { Iam } from "../model.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePermissionsBoundary.html */
export async function PutRolePermissionsBoundary(
  iam: Iam,
  input: PutRolePermissionsBoundaryRequest,
  context: RequestContext,
): Promise<Record<string, never>> {
  await putBoundary(
    iam,
    "role",
    { account: context.account, name: input.RoleName },
    input.PermissionsBoundary,
  );
  return {};
}
