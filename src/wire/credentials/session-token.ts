import { timingSafeEqual } from "node:crypto";
import type { CallerIdentity, Randomness } from "../../base/index.ts";
import { HmacKey } from "../sigv4/hmac.ts";

/** What temporary credentials stand for; carried in the session token itself. */
export type SessionClaims = {
  readonly accessKeyId: string;
  /** Epoch milliseconds. */
  readonly expiration: number;
} & (
  | { readonly roleArn: string; readonly roleId: string; readonly sessionName: string }
  /** A session of somebody who stays who it is. */
  | {
      readonly kind: CallerIdentity["kind"];
      readonly account: string;
      readonly arn: string;
      readonly userId: string;
    }
);

const KEY_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const KEY_PREFIX = "ASIA";
/** Random characters of an access key; five more prove that it is ours. */
const KEY_RANDOM_CHARACTERS = 11;
const KEY_PROOF_CHARACTERS = 5;
const MAC_BYTES = 32;
const SECRET_CHARACTERS = 40;

/**
 * Issues and reads temporary credentials without keeping any: a session token is its claims and their MAC, and the
 * secret follows from both, under keys derived from the master key. The access key proves itself too, so that one of
 * ours with a wrong token is told from a foreign one.
 */
export class SessionTokens {
  readonly #keyProof: HmacKey;
  readonly #tokenMac: HmacKey;
  readonly #secret: HmacKey;

  constructor(masterKey: Uint8Array) {
    const master = new HmacKey(masterKey);
    this.#keyProof = new HmacKey(master.digest("lambkin access key"));
    this.#tokenMac = new HmacKey(master.digest("lambkin session token"));
    this.#secret = new HmacKey(master.digest("lambkin session secret"));
  }

  newAccessKeyId(randomness: Randomness): string {
    const random = letters(randomness.bytes(KEY_RANDOM_CHARACTERS), KEY_RANDOM_CHARACTERS);
    return `${KEY_PREFIX}${random}${this.#proofOf(random)}`;
  }

  /** Whether an access key was issued here, as far as the key alone can tell. */
  isOwn(accessKeyId: string): boolean {
    if (accessKeyId.length !== KEY_PREFIX.length + KEY_RANDOM_CHARACTERS + KEY_PROOF_CHARACTERS) return false;
    if (!accessKeyId.startsWith(KEY_PREFIX)) return false;
    const random = accessKeyId.slice(KEY_PREFIX.length, KEY_PREFIX.length + KEY_RANDOM_CHARACTERS);
    return this.#proofOf(random) === accessKeyId.slice(-KEY_PROOF_CHARACTERS);
  }

  #proofOf(random: string): string {
    return letters(this.#keyProof.digest(Buffer.from(random, "utf8")), KEY_PROOF_CHARACTERS);
  }

  seal(claims: SessionClaims): { readonly sessionToken: string; readonly secretAccessKey: string } {
    const payload = Buffer.from(JSON.stringify(claims), "utf8");
    const token = Buffer.concat([this.#tokenMac.digest(payload), payload]);
    return { sessionToken: token.toString("base64"), secretAccessKey: this.#secretOf(token) };
  }

  /** The claims of a token of ours, whether expired or not, and the secret that goes with it. */
  open(token: string): { readonly claims: SessionClaims; readonly secretAccessKey: string } | undefined {
    const bytes = Buffer.from(token, "base64");
    if (bytes.length <= MAC_BYTES) return undefined;
    const payload = bytes.subarray(MAC_BYTES);
    if (!timingSafeEqual(bytes.subarray(0, MAC_BYTES), this.#tokenMac.digest(payload))) return undefined;
    const claims = JSON.parse(payload.toString("utf8")) as SessionClaims;
    return { claims, secretAccessKey: this.#secretOf(bytes) };
  }

  #secretOf(token: Uint8Array): string {
    return this.#secret.digest(token).toString("base64").slice(0, SECRET_CHARACTERS);
  }
}

function letters(bytes: Uint8Array, count: number): string {
  let text = "";
  for (let i = 0; i < count; i++) text += KEY_ALPHABET[(bytes[i] as number) & 31];
  return text;
}
