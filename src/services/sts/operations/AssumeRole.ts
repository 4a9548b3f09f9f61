import type { AssumeRoleRequest, AssumeRoleResponse } from "@aws-sdk/client-sts";
import { PolicySyntaxError, parseArn, parsePolicy } from "../../../base/index.ts";
import type { RequestContext } from "../../../wire/index.ts";
import { fail } from "../errors.ts";
import { type Sts, toCredentials, unheededMembers } from "../model.ts";
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
  const unheeded = unheededMembers(sts, input);
  checkSessionPolicy(input);
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
  const sessionArn = `arn:${arn.partition}:sts::${arn.account}:assumed-role/${roleName}/${sessionName}`;
  if (unheeded.length > 0) {
    sts.log.warn("settings without effect", { session: sessionArn, settings: unheeded });
  }
  return {
    Credentials: toCredentials(credentials),
    AssumedRoleUser: {
      AssumedRoleId: `${roleId}:${sessionName}`,
      Arn: sessionArn,
    },
    PackedPolicySize: 0,
    ...(input.SourceIdentity === undefined ? {} : { SourceIdentity: input.SourceIdentity }),
  };
}

/** A session policy has to be one, although identity policies are not evaluated yet. */
function checkSessionPolicy({ Policy, ProvidedContexts }: AssumeRoleRequest): void {
  if (ProvidedContexts !== undefined && ProvidedContexts.length > 0) {
    throw fail("ValidationError", { with: "This server has nobody whose ProvidedContexts it could trust." });
  }
  if (Policy === undefined) return;
  try {
    parsePolicy(Policy, { kind: "identity" });
  } catch (error) {
    if (error instanceof PolicySyntaxError) throw fail("MalformedPolicyDocument", { with: error.message });
    throw error;
  }
}

function denied(action: string, role: string, context: RequestContext): Error {
  return fail("AccessDenied", { with: { user: context.identity.arn, action, role } });
}
