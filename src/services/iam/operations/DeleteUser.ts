import type { DeleteUserRequest } from "@aws-sdk/client-iam";
import type { RequestContext } from "../../../wire/index.ts";
import { checkWithoutPolicies } from "../entity-policies.ts";
import { fail } from "../errors.ts";
import type { Iam } from "../model.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUser.html */
export async function DeleteUser(
  iam: Iam,
  input: DeleteUserRequest,
  context: RequestContext,
): Promise<Record<string, never>> {
  await iam.users.remove(context.account, input.UserName ?? "", (user) => {
    if (user.accessKeys.length > 0) {
      throw fail("DeleteConflict", { with: "Cannot delete entity, must delete access keys first." });
    }
    checkWithoutPolicies(user);
  });
  return {};
}
