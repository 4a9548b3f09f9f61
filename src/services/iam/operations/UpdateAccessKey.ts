import type { UpdateAccessKeyRequest } from "@aws-sdk/client-iam";
import type { RequestContext } from "../../../wire/index.ts";
import { setActive, userOf } from "../access-keys.ts";
import type { Iam } from "../model.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccessKey.html */
export async function UpdateAccessKey(
  iam: Iam,
  input: UpdateAccessKeyRequest,
  context: RequestContext,
): Promise<Record<string, never>> {
  const user = await userOf(iam, context, input.UserName);
  await setActive(iam, user, input.AccessKeyId ?? "", input.Status === "Active");
  return {};
}
