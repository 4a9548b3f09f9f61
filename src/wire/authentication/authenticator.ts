import { type CallerIdentity, type Clock, wireLimits } from "../../base/index.ts";
import type { WireRequest } from "../http/request.ts";
import type { Credentials, EnvironmentPeer, FoundCredentials } from "../interfaces.ts";
import type { ServiceFacts } from "../model/registry.ts";
import { type LegacySignature, legacyStringToSign, verifyLegacySignature } from "../sigv2/query.ts";
import { parseAmzDate } from "../sigv4/amz-date.ts";
import type { HmacKey } from "../sigv4/hmac.ts";
import type { ParsedSignature, RequestSignature } from "../sigv4/parse.ts";
import { SigningKeys } from "../sigv4/signing-key.ts";
import { unsignedHeaders, verifySignature } from "../sigv4/verify.ts";
import type { AuthenticationErrors } from "./errors.ts";

/** A caller whose key is known and whose signature, if one is to be checked, is still to be verified. */
export interface Caller {
  readonly identity: CallerIdentity;
  readonly region: string;
  /** What the signature is checked with; absent for callers who are taken at their word. */
  readonly proof?: { readonly signature: RequestSignature; readonly key: HmacKey };
}

export interface AuthenticationSubject {
  readonly request: WireRequest;
  /** The path with S3's bucket, wherever that came from. */
  readonly resource: string;
  readonly parsed: ParsedSignature;
  readonly service: Pick<ServiceFacts, "signingNames" | "anonymous" | "legacySignatures">;
  readonly errors: AuthenticationErrors;
  readonly peer: EnvironmentPeer | undefined;
}

export interface AuthenticatorOptions {
  readonly credentials: Credentials;
  readonly clock: Clock;
  readonly defaultRegion: string;
}

function accepted(
  { errors, peer }: AuthenticationSubject,
  signature: RequestSignature | LegacySignature,
  found: FoundCredentials,
): Exclude<FoundCredentials, "expired" | undefined> {
  if (found === undefined) throw errors.unknownKey(signature);
  if (found === "expired") throw errors.expiredToken();
  if (peer !== undefined && found.identity.account !== peer.account) throw errors.foreignAccount();
  return found;
}

/** Any region will do, but the name goes into keys and paths. */
const REGION = /^[a-z][a-z0-9-]{0,62}$/;

/**
 * Tells who calls. `identify` needs the head of a request only, so that a stranger's body is never read;
 * `verify` needs the hash of the body.
 */
export class Authenticator {
  readonly #options: AuthenticatorOptions;
  readonly #keys = new SigningKeys();

  constructor(options: AuthenticatorOptions) {
    this.#options = options;
  }

  /** Throws, or rejects, with the service's error. Gives no promise where nothing has to be waited for. */
  identify(subject: AuthenticationSubject): Caller | Promise<Caller> {
    const { parsed, errors } = subject;
    if (parsed.kind === "problem") throw errors.unreadable(parsed.problem);
    if (parsed.kind === "none") return this.#anonymous(subject);
    if (parsed.kind === "legacy") return this.#legacy(subject, parsed);
    if (!subject.service.signingNames.includes(parsed.scope.service)) {
      throw errors.wrongService(parsed, subject.service.signingNames[0] as string);
    }
    if (!REGION.test(parsed.scope.region)) throw errors.wrongRegion(parsed);
    const found = this.#find(parsed);
    return found instanceof Promise
      ? found.then((later) => this.#callerOf(subject, parsed, later))
      : this.#callerOf(subject, parsed, found);
  }

  #callerOf(subject: AuthenticationSubject, parsed: RequestSignature, credentials: FoundCredentials): Caller {
    const { errors } = subject;
    const found = accepted(subject, parsed, credentials);
    if (parsed.kind === "presigned") this.#checkExpiry(parsed, errors);
    const { identity, secretAccessKey } = found;
    const { region } = parsed.scope;
    if (secretAccessKey === undefined) return { identity, region };
    this.#checkDate(parsed, errors);
    const unsigned = unsignedHeaders(subject.request, parsed);
    if (unsigned.length > 0) throw errors.unsigned(unsigned);
    return {
      identity,
      region,
      proof: { signature: parsed, key: this.#keys.get(secretAccessKey, parsed.scope) },
    };
  }

  #find({ accessKeyId, sessionToken }: RequestSignature | LegacySignature) {
    return this.#options.credentials.find(accessKeyId, sessionToken);
  }

  /** Version 2 signs neither region nor body, so everything can be checked at once. */
  async #legacy(subject: AuthenticationSubject, signature: LegacySignature): Promise<Caller> {
    const { errors } = subject;
    if (subject.service.legacySignatures !== true) throw errors.missing();
    const { identity, secretAccessKey } = accepted(subject, signature, await this.#find(signature));
    const expiredAt = Number(signature.expires) * 1000;
    const now = this.#options.clock.now();
    if (!/^\d{1,15}$/.test(signature.expires)) throw errors.missing();
    if (expiredAt < now) throw errors.expired(signature, expiredAt, now);
    if (secretAccessKey !== undefined) {
      const stringToSign = legacyStringToSign(subject.request, signature, subject.resource);
      if (!verifyLegacySignature(stringToSign, signature, secretAccessKey)) {
        throw errors.mismatch(signature, { stringToSign });
      }
    }
    return { identity, region: this.#options.defaultRegion };
  }

  async #anonymous(subject: AuthenticationSubject): Promise<Caller> {
    const found = subject.service.anonymous ? await this.#options.credentials.find("", undefined) : undefined;
    if (found === undefined || found === "expired") throw subject.errors.missing();
    const { identity } = found;
    const account = subject.peer?.account ?? identity.account;
    return { identity: { ...identity, account }, region: this.#options.defaultRegion };
  }

  verify(subject: AuthenticationSubject, caller: Caller, payloadHash: string): void {
    if (caller.proof === undefined) return;
    const { signature, key } = caller.proof;
    const result = verifySignature(subject.request, signature, key, payloadHash);
    if (result !== "valid") throw subject.errors.mismatch(signature, result);
  }

  #checkDate(signature: RequestSignature, errors: AuthenticationErrors): void {
    const time = parseAmzDate(signature.amzDate);
    if (time === undefined) throw errors.missingDate();
    if (signature.amzDate.slice(0, 8) !== signature.scope.date) throw errors.wrongDate(signature);
    const ahead = time - this.#options.clock.now();
    if (ahead > wireLimits.clockSkewMs) throw errors.skewed(signature, this.#options.clock.now(), true);
    if (signature.kind === "header" && -ahead > wireLimits.clockSkewMs) {
      throw errors.skewed(signature, this.#options.clock.now(), false);
    }
  }

  #checkExpiry(signature: RequestSignature, errors: AuthenticationErrors): void {
    const expires = signature.expires ?? "";
    if (!/^-?\d{1,15}$/.test(expires)) throw errors.badExpiry("number");
    const seconds = Number(expires);
    if (seconds < 0) throw errors.badExpiry("negative");
    if (seconds > wireLimits.presignedUrlExpirySeconds) throw errors.badExpiry("long");
    const time = parseAmzDate(signature.amzDate);
    if (time === undefined) throw errors.missingDate();
    const now = this.#options.clock.now();
    const expiredAt = time + seconds * 1000;
    if (expiredAt < now) throw errors.expired(signature, expiredAt, now);
  }
}
