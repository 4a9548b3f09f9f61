import type { GetCallerIdentityResponse } from "@aws-sdk/client-sts";
import type { RequestContext } from "../../../wire/index.ts";
import type { Sts } from "../model.ts";

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html */
export function GetCallerIdentity(_: Sts, __: unknown, context: RequestContext): GetCallerIdentityResponse {
  const { account, arn, userId } = context.identity;
  return { UserId: userId, Account: account, Arn: arn };
}
