import type { PutUserPermissionsBoundaryRequest } from "@aws-sdk/client-iam";
import type { RequestContext } from "../../../wire/index.ts";
import { putBoundary } from "../entity-policies.ts";
import type { Iam } from "../model.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutUserPermissionsBoundary.html */
export async function PutUserPermissionsBoundary(
  iam: Iam,
  input: PutUserPermissionsBoundaryRequest,
  context: RequestContext,
): Promise<Record<string, never>> {
  await putBoundary(
    iam,
    "user",
    { account: context.account, name: input.UserName },
    input.PermissionsBoundary,
  );
  return {};
}
