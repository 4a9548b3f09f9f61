import { type CallerIdentity, type FoundAccessKey, invariant, parseArn } from "../../base/index.ts";
import type { Credentials, CredentialsOptions } from "../interfaces.ts";
import { type SessionClaims, SessionTokens } from "./session-token.ts";

const MASTER_KEY_BYTES = 32;

type OmitFromEach<Union, Key extends PropertyKey> = Union extends unknown ? Omit<Union, Key> : never;
type SessionSubject = OmitFromEach<SessionClaims, "accessKeyId" | "expiration">;

/**
 * Who signs, by access key. Keys that Lambkin issued are always verified. Of others, a friendly server takes `test`
 * for account 000000000000, twelve digits for the account of that number and anything else, even no key at all (the
 * empty string), for the default account, without looking at signatures; a secure one refuses them.
 */
export function createCredentials(options: CredentialsOptions): Credentials {
  invariant(options.masterKey.length === MASTER_KEY_BYTES, "the master key has 32 bytes");
  const sessions = new SessionTokens(options.masterKey);
  const issue = (durationSeconds: number, subject: SessionSubject) => {
    const accessKeyId = sessions.newAccessKeyId(options.randomness);
    const expiration = options.clock.now() + durationSeconds * 1000;
    return { accessKeyId, ...sessions.seal({ accessKeyId, expiration, ...subject }), expiration };
  };
  return {
    find(accessKeyId, sessionToken) {
      const account = friendlyAccount(accessKeyId, options.defaultAccount);
      if (account !== undefined) {
        return options.secure ? undefined : { identity: unchecked(accessKeyId, account) };
      }
      if (sessions.isOwn(accessKeyId)) {
        const opened = sessionToken === undefined ? undefined : sessions.open(sessionToken);
        if (opened?.claims.accessKeyId !== accessKeyId) return undefined;
        if (opened.claims.expiration <= options.clock.now()) return "expired";
        return { identity: sessionIdentity(opened.claims), secretAccessKey: opened.secretAccessKey };
      }
      const among = (issued: FoundAccessKey) => {
        if (issued === "inactive") return undefined;
        if (issued !== undefined) return issued;
        return options.secure ? undefined : { identity: unchecked(accessKeyId, options.defaultAccount) };
      };
      const issued = options.accessKeys.find(accessKeyId);
      return issued instanceof Promise ? issued.then(among) : among(issued);
    },

    assumeRole({ durationSeconds, roleArn, roleId, sessionName }) {
      return issue(durationSeconds, { roleArn, roleId, sessionName });
    },

    sessionOf({ durationSeconds, identity: { kind, account, arn, userId } }) {
      return issue(durationSeconds, { kind, account, arn, userId });
    },
  };
}

/** The account of keys that are no keys and therefore never issued. */
function friendlyAccount(accessKeyId: string, defaultAccount: string): string | undefined {
  if (accessKeyId === "test") return "000000000000";
  if (accessKeyId === "") return defaultAccount;
  return /^\d{12}$/.test(accessKeyId) ? accessKeyId : undefined;
}

function unchecked(accessKeyId: string, account: string): CallerIdentity {
  if (accessKeyId === "") {
    return { kind: "anonymous", account, arn: "anonymous", userId: "anonymous", accessKeyId };
  }
  return { kind: "root", account, arn: `arn:aws:iam::${account}:root`, userId: account, accessKeyId };
}

function sessionIdentity(claims: SessionClaims): CallerIdentity {
  if ("kind" in claims) {
    const { kind, account, arn, userId, accessKeyId } = claims;
    return { kind, account, arn, userId, accessKeyId };
  }
  const role = parseArn(claims.roleArn);
  invariant(role !== undefined, "a session token carries a role's ARN");
  const roleName = role.resource.slice(role.resource.lastIndexOf("/") + 1);
  return {
    kind: "assumed-role",
    account: role.account,
    arn: `arn:${role.partition}:sts::${role.account}:assumed-role/${roleName}/${claims.sessionName}`,
    userId: `${claims.roleId}:${claims.sessionName}`,
    accessKeyId: claims.accessKeyId,
  };
}
