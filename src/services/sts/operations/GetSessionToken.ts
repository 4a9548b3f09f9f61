import type { GetSessionTokenRequest, GetSessionTokenResponse } from "@aws-sdk/client-sts";
import type { RequestContext } from "../../../wire/index.ts";
import { fail } from "../errors.ts";
import { type Sts, toCredentials, unheededMembers } from "../model.ts";

const USER_SECONDS_DEFAULT = 43_200;
/** Root's sessions last an hour at most, whatever was asked for. */
const ROOT_SECONDS_MOST = 3_600;

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html */
export function GetSessionToken(
  sts: Sts,
  input: GetSessionTokenRequest,
  context: RequestContext,
): GetSessionTokenResponse {
  const { identity } = context;
  if (identity.kind === "assumed-role" || identity.accessKeyId.startsWith("ASIA")) {
    throw fail("AccessDenied", { with: "Cannot call GetSessionToken with session credentials" });
  }
  const unheeded = unheededMembers(sts, input);
  if (unheeded.length > 0) {
    sts.log.warn("settings without effect", { session: identity.arn, settings: unheeded });
  }
  const asked = input.DurationSeconds ?? USER_SECONDS_DEFAULT;
  const durationSeconds = identity.kind === "root" ? Math.min(asked, ROOT_SECONDS_MOST) : asked;
  return { Credentials: toCredentials(sts.issuer.sessionOf({ identity, durationSeconds })) };
}
