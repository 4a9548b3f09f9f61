import { wireLimits } from "../../base/index.ts";
import { HmacKey } from "./hmac.ts";

/** The credential scope of a signature. `date` is YYYYMMDD. */
export interface Scope {
  readonly date: string;
  readonly region: string;
  readonly service: string;
}

export function formatScope(scope: Scope): string {
  return `${scope.date}/${scope.region}/${scope.service}/aws4_request`;
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html#derive-signing-key */
export function deriveSigningKey(secretAccessKey: string, scope: Scope): HmacKey {
  const date = new HmacKey(Buffer.from(`AWS4${secretAccessKey}`, "utf8")).digest(scope.date);
  const region = new HmacKey(date).digest(Buffer.from(scope.region, "utf8"));
  const service = new HmacKey(region).digest(Buffer.from(scope.service, "utf8"));
  return new HmacKey(new HmacKey(service).digest("aws4_request"));
}

/** Keeps signing keys of late; a key changes once a day at most. */
export class SigningKeys {
  readonly #keys = new Map<string, HmacKey>();
  /** By the scope itself, which is the same object in requests that were signed with the same credential. */
  readonly #ofScopes = new WeakMap<Scope, { readonly secretAccessKey: string; readonly key: HmacKey }>();

  get(secretAccessKey: string, scope: Scope): HmacKey {
    const latest = this.#ofScopes.get(scope);
    if (latest?.secretAccessKey === secretAccessKey) return latest.key;
    const key = this.#find(secretAccessKey, scope);
    this.#ofScopes.set(scope, { secretAccessKey, key });
    return key;
  }

  #find(secretAccessKey: string, scope: Scope): HmacKey {
    const name = `${scope.date}/${scope.region}/${scope.service}/${secretAccessKey}`;
    const known = this.#keys.get(name);
    if (known !== undefined) return known;
    const key = deriveSigningKey(secretAccessKey, scope);
    if (this.#keys.size >= wireLimits.signingKeyCacheEntries) {
      for (const oldest of this.#keys.keys()) {
        this.#keys.delete(oldest);
        break;
      }
    }
    this.#keys.set(name, key);
    return key;
  }
}
