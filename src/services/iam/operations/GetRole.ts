import type { GetRoleRequest, GetRoleResponse } from "@aws-sdk/client-iam";
import type { RequestContext } from "../../../wire/index.ts";
import { toRole } from "../documents.ts";
import type { Iam } from "../model.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html */
export async function GetRole(
  iam: Iam,
  input: GetRoleRequest,
  context: RequestContext,
): Promise<GetRoleResponse> {
  return { Role: toRole(await iam.roles.get(context.account, input.RoleName ?? ""), "full") };
}
