import type { DeleteUserRequest } from "@aws-sdk/client-iam";
import type { RequestContext } from "../../../wire/index.ts";
import { keysOfUser } from "../access-keys.ts";
import { fail } from "../errors.ts";
import type { Iam } from "../model.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUser.html */
export async function DeleteUser(
  iam: Iam,
  input: DeleteUserRequest,
  context: RequestContext,
): Promise<Record<string, never>> {
  const user = await iam.users.get(context.account, input.UserName ?? "");
  if ((await keysOfUser(iam, context.account, user.name)).length > 0) {
    throw fail("DeleteConflict", { with: "Cannot delete entity, must delete access keys first." });
  }
  await iam.users.remove(context.account, user.name);
  return {};
}
