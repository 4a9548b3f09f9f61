import type { DeleteAccessKeyRequest } from "@aws-sdk/client-iam";
import type { RequestContext } from "../../../wire/index.ts";
import { removeAccessKey, userOf } from "../access-keys.ts";
import type { Iam } from "../model.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteAccessKey.html */
export async function DeleteAccessKey(
  iam: Iam,
  input: DeleteAccessKeyRequest,
  context: RequestContext,
): Promise<Record<string, never>> {
  const user = await userOf(iam, context, input.UserName);
  await removeAccessKey(iam, user, context.account, input.AccessKeyId ?? "");
  return {};
}
