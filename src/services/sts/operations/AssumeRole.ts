import type { AssumeRoleRequest, AssumeRoleResponse } from "@aws-sdk/client-sts";
import { parseArn } from "../../../base/index.ts";
import type { RequestContext } from "../../../wire/index.ts";
import { fail } from "../errors.ts";
import { type Sts, toCredentials } from "../model.ts";
import { distrustedAction } from "../trust.ts";

const SESSION_SECONDS_DEFAULT = 3_600;
const SESSION_SECONDS_MOST = 43_200;
/** Of a role that is assumed with another role's credentials. */
const CHAINED_SECONDS_MOST = 3_600;

/** The id of a role that nobody created, where such roles may be assumed. */
const UNKNOWN_ROLE_ID = "AROAUNKNOWNROLE234567";

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
export async function AssumeRole(
  sts: Sts,
  input: AssumeRoleRequest,
  context: RequestContext,
): Promise<AssumeRoleResponse> {
  const roleArn = input.RoleArn ?? "";
  const sessionName = input.RoleSessionName ?? "";
  const arn = parseArn(roleArn);
  if (arn?.service !== "iam" || !/^\d{12}$/.test(arn.account) || !arn.resource.startsWith("role/")) {
    throw fail("ValidationError", { with: `${roleArn} is invalid` });
  }
  const role = await sts.roles.find(roleArn);
  if (role === undefined && sts.requireRoles) throw denied("sts:AssumeRole", roleArn, context);
  if (role !== undefined && sts.requireRoles) {
    const refused = distrustedAction({
      trustPolicy: role.trustPolicy,
      roleArn,
      caller: context.identity,
      input,
      sourceIp: context.sourceIp,
      region: context.region,
      secureTransport: context.endpoint.startsWith("https:"),
      userAgent: context.headers["user-agent"],
      nowMs: sts.clock.now(),
    });
    if (refused !== undefined) throw denied(refused, roleArn, context);
  }
  const durationSeconds = input.DurationSeconds ?? SESSION_SECONDS_DEFAULT;
  if (durationSeconds > (role?.maxSessionSeconds ?? SESSION_SECONDS_MOST)) {
    throw fail("ValidationError", {
      with: "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
    });
  }
  if (context.identity.kind === "assumed-role" && durationSeconds > CHAINED_SECONDS_MOST) {
    throw fail("ValidationError", {
      with: "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
    });
  }
  const roleId = role?.roleId ?? UNKNOWN_ROLE_ID;
  const credentials = sts.issuer.assumeRole({ roleArn, roleId, sessionName, durationSeconds });
  const roleName = arn.resource.slice(arn.resource.lastIndexOf("/") + 1);
  return {
    Credentials: toCredentials(credentials),
    AssumedRoleUser: {
      AssumedRoleId: `${roleId}:${sessionName}`,
      Arn: `arn:${arn.partition}:sts::${arn.account}:assumed-role/${roleName}/${sessionName}`,
    },
    PackedPolicySize: 0,
  };
}

function denied(action: string, role: string, context: RequestContext): Error {
  return fail("AccessDenied", { with: { user: context.identity.arn, action, role } });
}
