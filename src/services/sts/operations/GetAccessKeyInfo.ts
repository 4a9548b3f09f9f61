import type { GetAccessKeyInfoRequest, GetAccessKeyInfoResponse } from "@aws-sdk/client-sts";
import type { RequestContext } from "../../../wire/index.ts";
import { fail } from "../errors.ts";
import type { Sts } from "../model.ts";

/**
 * Keys of users are looked up; a session's key says nothing of its account without its token, so only the caller's own
 * is known. https://docs.aws.amazon.com/STS/latest/APIReference/API_GetAccessKeyInfo.html
 */
export async function GetAccessKeyInfo(
  sts: Sts,
  input: GetAccessKeyInfoRequest,
  context: RequestContext,
): Promise<GetAccessKeyInfoResponse> {
  const id = input.AccessKeyId ?? "";
  if (id === context.identity.accessKeyId) return { Account: context.account };
  const found = await sts.accessKeys.find(id);
  if (found === undefined || found === "inactive") throw fail("InvalidClientTokenId");
  return { Account: found.identity.account };
}
