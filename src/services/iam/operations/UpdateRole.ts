import type { UpdateRoleRequest, UpdateRoleResponse } from "@aws-sdk/client-iam";
import type { RequestContext } from "../../../wire/index.ts";
import type { Iam } from "../model.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateRole.html */
export async function UpdateRole(
  iam: Iam,
  input: UpdateRoleRequest,
  context: RequestContext,
): Promise<UpdateRoleResponse> {
  await iam.roles.update(context.account, input.RoleName ?? "", (role) => ({
    ...role,
    ...(input.Description === undefined ? {} : { description: input.Description }),
    ...(input.MaxSessionDuration === undefined ? {} : { maxSessionSeconds: input.MaxSessionDuration }),
  }));
  return {};
}
