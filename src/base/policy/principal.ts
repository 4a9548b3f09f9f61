import { parseArn } from "../arn.ts";
import { PolicySyntaxError, quoted, syntaxErrors } from "./syntax-error.ts";

/** Who asks. Callers as the door knows them (CallerIdentity) fit as they are. */
export type PolicyPrincipal =
  /** An AWS service on its own behalf, for instance `s3.amazonaws.com`. */
  | { readonly kind: "service"; readonly service: string }
  /** Somebody whom an identity provider vouches for, before a role was assumed: `accounts.google.com` or an ARN. */
  | { readonly kind: "federated"; readonly provider: string }
  | { readonly kind: "anonymous" }
  | {
      readonly kind: "root" | "user" | "assumed-role" | "federated-user";
      /** 12 digits. */
      readonly account: string;
      /** As GetCallerIdentity gives it; of an assumed role, the session's. */
      readonly arn: string;
      readonly userId?: string;
      /** Of an assumed role, where it is known: session ARNs leave out the role's path. */
      readonly roleArn?: string;
      readonly canonicalUserId?: string;
    };

/**
 * How a statement names the caller. `account` hands the decision to the caller's account, `role` grants to the role
 * within the bounds of its session, `direct` to the caller.
 */
export type Grant = "account" | "role" | "direct";

/** One entry of Principal or NotPrincipal. */
export type PrincipalEntry =
  | { readonly kind: "everyone" }
  | { readonly kind: "account"; readonly account: string; readonly partition?: string }
  | { readonly kind: "arn"; readonly arn: string }
  | {
      readonly kind: "role";
      readonly arn: string;
      readonly partition: string;
      readonly account: string;
      readonly name: string;
    }
  /** AIDA... or AROA...: what IAM makes of the ARN of somebody who has been deleted. */
  | { readonly kind: "id"; readonly id: string }
  | { readonly kind: "service"; readonly service: string }
  | { readonly kind: "federated"; readonly provider: string }
  | { readonly kind: "canonical"; readonly id: string };

const EVERYONE: PrincipalEntry = { kind: "everyone" };
const ACCOUNT = /^\d{12}$/;
const UNIQUE_ID = /^A[A-Z]{3}[A-Z0-9]{12,28}$/;

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html */
export function parsePrincipalEntry(type: string, name: string): PrincipalEntry {
  switch (type) {
    case "AWS":
      return parseAwsPrincipal(name);
    case "Service":
      return { kind: "service", service: name };
    case "Federated":
      return { kind: "federated", provider: name };
    case "CanonicalUser":
      return { kind: "canonical", id: name };
    default:
      throw syntaxErrors();
  }
}

export function everyone(): PrincipalEntry {
  return EVERYONE;
}

function parseAwsPrincipal(name: string): PrincipalEntry {
  if (name === "*") return EVERYONE;
  if (ACCOUNT.test(name)) return { kind: "account", account: name };
  if (UNIQUE_ID.test(name)) return { kind: "id", id: name };
  const arn = parseArn(name);
  if ((arn?.service !== "iam" && arn?.service !== "sts") || arn.region !== "" || /[*?]/.test(name)) {
    throw new PolicySyntaxError(`Invalid principal in policy: "AWS":"${quoted(name)}"`);
  }
  const { partition, account, resource } = arn;
  if (arn.service === "iam" && resource === "root") return { kind: "account", account, partition };
  if (arn.service === "iam" && resource.startsWith("role/")) {
    return {
      kind: "role",
      arn: name,
      partition,
      account,
      name: resource.slice(resource.lastIndexOf("/") + 1),
    };
  }
  return { kind: "arn", arn: name };
}

/** How the entries name the caller, by the most that one of them grants; undefined if none does. */
export function grantOf(entries: readonly PrincipalEntry[], caller: PolicyPrincipal): Grant | undefined {
  let best: Grant | undefined;
  for (const entry of entries) {
    const grant = grantOfEntry(entry, caller);
    if (grant === "direct") return grant;
    if (grant === "role" || best === undefined) best = grant ?? best;
  }
  return best;
}

function grantOfEntry(entry: PrincipalEntry, caller: PolicyPrincipal): Grant | undefined {
  if (entry.kind === "everyone") return "direct";
  switch (caller.kind) {
    case "service":
      return entry.kind === "service" && entry.service === caller.service ? "direct" : undefined;
    case "federated":
      return entry.kind === "federated" && entry.provider === caller.provider ? "direct" : undefined;
    case "anonymous":
      return undefined;
    default:
  }
  switch (entry.kind) {
    case "account":
      if (entry.account !== caller.account) return undefined;
      if (entry.partition !== undefined && entry.partition !== parseArn(caller.arn)?.partition)
        return undefined;
      return caller.kind === "root" ? "direct" : "account";
    case "arn":
      return entry.arn === caller.arn ? "direct" : undefined;
    case "role":
      return isRole(entry, caller) ? "role" : undefined;
    case "id":
      if (entry.id === caller.userId) return "direct";
      return caller.kind === "assumed-role" && caller.userId?.startsWith(`${entry.id}:`) ? "role" : undefined;
    case "canonical":
      return entry.id === caller.canonicalUserId ? "direct" : undefined;
    default:
      return undefined;
  }
}

type NamedCaller = Extract<PolicyPrincipal, { readonly account: string }>;

/** Whether the caller belongs to an account. */
export function isNamed(caller: PolicyPrincipal): caller is NamedCaller {
  return caller.kind !== "service" && caller.kind !== "federated" && caller.kind !== "anonymous";
}

/** Names of roles are unique in an account, whatever their paths, so that the session's ARN tells enough. */
function isRole(entry: Extract<PrincipalEntry, { kind: "role" }>, caller: NamedCaller): boolean {
  if (caller.kind !== "assumed-role") return false;
  if (caller.roleArn !== undefined) return caller.roleArn === entry.arn;
  const session = parseArn(caller.arn);
  return (
    entry.account === caller.account &&
    entry.partition === session?.partition &&
    entry.name === session.resource.split("/")[1]
  );
}

/**
 * Whether NotPrincipal leaves the caller out of a Deny. That takes all that the caller is: for a user the account and
 * the user, for a role's session the account, the role and the session. Of an Allow, being named at all is enough.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
 */
export function isExcepted(
  entries: readonly PrincipalEntry[],
  caller: PolicyPrincipal,
  effect: "Allow" | "Deny",
): boolean {
  const grants = entries.map((entry) => grantOfEntry(entry, caller));
  if (effect === "Allow" || entries.some(({ kind }) => kind === "everyone")) {
    return grants.some((grant) => grant !== undefined);
  }
  if (!grants.includes("direct")) return false;
  if (!isNamed(caller) || caller.kind === "root") return true;
  return grants.includes("account") && (caller.kind !== "assumed-role" || grants.includes("role"));
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principal-properties */
export function principalKeys(principal: PolicyPrincipal): Readonly<Record<string, string | undefined>> {
  switch (principal.kind) {
    case "service":
      return { "aws:PrincipalIsAWSService": "true", "aws:PrincipalServiceName": principal.service };
    case "federated":
      return { "aws:PrincipalIsAWSService": "false" };
    case "anonymous":
      return {
        "aws:PrincipalType": "Anonymous",
        "aws:PrincipalIsAWSService": "false",
        "aws:userid": "anonymous",
      };
    default:
      return {
        "aws:PrincipalArn": principalArn(principal),
        "aws:PrincipalAccount": principal.account,
        "aws:PrincipalType": PRINCIPAL_TYPES[principal.kind],
        "aws:PrincipalIsAWSService": "false",
        "aws:userid": principal.userId,
        "aws:username":
          principal.kind === "user" ? principal.arn.slice(principal.arn.lastIndexOf("/") + 1) : undefined,
      };
  }
}

const PRINCIPAL_TYPES = {
  root: "Account",
  user: "User",
  "assumed-role": "AssumedRole",
  "federated-user": "FederatedUser",
} as const;

/** Of a session, the role's ARN. */
function principalArn(caller: NamedCaller): string {
  if (caller.kind !== "assumed-role") return caller.arn;
  if (caller.roleArn !== undefined) return caller.roleArn;
  const session = parseArn(caller.arn);
  if (session === undefined) return caller.arn;
  return `arn:${session.partition}:iam::${caller.account}:role/${session.resource.split("/")[1] ?? ""}`;
}
