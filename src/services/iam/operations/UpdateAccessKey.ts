import type { UpdateAccessKeyRequest } from "@aws-sdk/client-iam";
import type { RequestContext } from "../../../wire/index.ts";
import { accessKeyOf, putAccessKey } from "../access-keys.ts";
import type { Iam } from "../model.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccessKey.html */
export async function UpdateAccessKey(
  iam: Iam,
  input: UpdateAccessKeyRequest,
  context: RequestContext,
): Promise<Record<string, never>> {
  const key = await accessKeyOf(iam, context.account, input.AccessKeyId ?? "");
  await putAccessKey(iam, { ...key, active: input.Status === "Active" });
  return {};
}
