import {
  type Clock,
  encodePageToken,
  iamLimits,
  type Log,
  partitionOf,
  type Randomness,
} from "../../base/index.ts";
import { Conflict, type Json, type StateStore } from "../../storage/index.ts";
import { fail } from "./errors.ts";
import { readMarker } from "./pages.ts";

export type Tags = Readonly<Record<string, string>>;

export interface RoleDocument {
  readonly name: string;
  readonly path: string;
  readonly id: string;
  readonly arn: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly trustPolicy: string;
  readonly description?: string;
  readonly maxSessionSeconds: number;
  readonly permissionsBoundary?: string;
  readonly tags: Tags;
  readonly inlinePolicies: Readonly<Record<string, string>>;
  readonly attachedPolicies: readonly string[];
}

export interface PolicyVersionDocument {
  readonly id: string;
  readonly document: string;
  readonly createdAt: number;
}

export interface PolicyDocument {
  readonly name: string;
  readonly path: string;
  readonly id: string;
  readonly arn: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly description?: string;
  readonly defaultVersion: string;
  readonly nextVersion: number;
  readonly versions: readonly PolicyVersionDocument[];
  readonly tags: Tags;
}

export interface UserDocument {
  readonly name: string;
  readonly path: string;
  readonly id: string;
  readonly arn: string;
  readonly createdAt: number;
  readonly permissionsBoundary?: string;
  readonly tags: Tags;
  readonly inlinePolicies: Readonly<Record<string, string>>;
  readonly attachedPolicies: readonly string[];
  /** A key counts only if its user names it. */
  readonly accessKeys: readonly string[];
}

export interface AccessKeyDocument {
  readonly id: string;
  readonly account: string;
  readonly userName: string;
  readonly userId: string;
  readonly userArn: string;
  readonly secretAccessKey: string;
  readonly active: boolean;
  readonly createdAt: number;
}

/** How often a compare-and-set is tried again before the caller is told of the conflict. */
const UPDATE_ATTEMPTS = 16;
const PAGE_ITEMS_DEFAULT = 100;

/** Documents of one kind. IAM compares names without regard to case, so keys are in lower case. */
export class Collection<Document extends { readonly [name: string]: unknown }> {
  readonly #state: StateStore;
  readonly #kind: string;
  readonly #label: string;
  /** What was read since it was last written, or is being read. */
  readonly #read = new Map<string, Promise<Document | undefined>>();

  /** `label` is the word that error messages use, for instance `Role`. */
  constructor(state: StateStore, kind: string, label: string) {
    this.#state = state;
    this.#kind = kind;
    this.#label = label;
  }

  async find(account: string, name: string): Promise<Document | undefined> {
    return (await this.#state.get(this.#key(account, name)))?.value as Document | undefined;
  }

  /** The same, without asking the store again for what is not written to in between. */
  recall(account: string, name: string): Promise<Document | undefined> {
    const key = this.#key(account, name);
    let reading = this.#read.get(key);
    if (reading === undefined) {
      reading = this.find(account, name);
      this.#read.set(key, reading);
      reading.catch(() => this.#read.delete(key));
      const [oldest] = this.#read.keys();
      if (this.#read.size > iamLimits.documentsRecalled && oldest !== undefined) this.#read.delete(oldest);
    }
    return reading;
  }

  /** A read that began before the write ended may have either of both. */
  async #write<Result>(key: string, write: () => Promise<Result>): Promise<Result> {
    try {
      return await write();
    } finally {
      this.#read.delete(key);
    }
  }

  async get(account: string, name: string): Promise<Document> {
    return (await this.find(account, name)) ?? this.#missing(name);
  }

  async create(account: string, name: string, document: Document): Promise<void> {
    const key = this.#key(account, name);
    try {
      await this.#write(key, () => this.#state.put(key, document as unknown as Json, { ifRev: "absent" }));
    } catch (error) {
      if (error instanceof Conflict) throw fail("EntityAlreadyExists", { with: { kind: this.#label, name } });
      throw error;
    }
  }

  async update(account: string, name: string, change: (document: Document) => Document): Promise<Document> {
    const key = this.#key(account, name);
    for (let attempt = 0; attempt < UPDATE_ATTEMPTS; attempt += 1) {
      const entry = (await this.#state.get(key)) ?? this.#missing(name);
      const changed = change(entry.value as unknown as Document);
      try {
        await this.#write(key, () => this.#state.put(key, changed as unknown as Json, { ifRev: entry.rev }));
        return changed;
      } catch (error) {
        if (!(error instanceof Conflict)) throw error;
      }
    }
    throw fail("ConcurrentModification");
  }

  /** `check` may refuse, looking at the document as it is deleted. */
  async remove(
    account: string,
    name: string,
    check: (document: Document) => void = () => undefined,
  ): Promise<void> {
    const key = this.#key(account, name);
    const entry = (await this.#state.get(key)) ?? this.#missing(name);
    check(entry.value as unknown as Document);
    try {
      await this.#write(key, () => this.#state.delete(key, { ifRev: entry.rev }));
    } catch (error) {
      if (error instanceof Conflict) throw fail("ConcurrentModification");
      throw error;
    }
  }

  /** One page in the order of names; `accept` filters. */
  async list(
    account: string,
    page: { readonly marker?: string | undefined; readonly maxItems?: number | undefined },
    accept: (document: Document) => boolean = () => true,
  ): Promise<{ documents: Document[]; marker?: string }> {
    const prefix = this.#key(account, "");
    const most = page.maxItems ?? PAGE_ITEMS_DEFAULT;
    const documents: Document[] = [];
    let cursor = page.marker === undefined ? undefined : this.#key(account, readMarker(page.marker));
    for (;;) {
      const { entries, cursor: next } = await this.#state.list(
        prefix,
        cursor === undefined ? {} : { cursor },
      );
      for (const entry of entries) {
        const document = entry.value as unknown as Document;
        if (!accept(document)) continue;
        if (documents.length === most) {
          const last = String(documents.at(-1)?.["name"]).toLowerCase();
          return { documents, marker: encodePageToken(last) };
        }
        documents.push(document);
      }
      if (next === undefined) return { documents };
      cursor = next;
    }
  }

  #key(account: string, name: string): string {
    return `${account}/-/iam/${this.#kind}/${name.toLowerCase()}`;
  }

  #missing(name: string): never {
    throw fail("NoSuchEntity", { with: { kind: this.#label.toLowerCase(), name } });
  }
}

const ID_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** What the operations of IAM share. */
export class Iam {
  readonly roles: Collection<RoleDocument & Record<string, unknown>>;
  readonly policies: Collection<PolicyDocument & Record<string, unknown>>;
  readonly users: Collection<UserDocument & Record<string, unknown>>;
  readonly state: StateStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly #randomness: Randomness;

  constructor(options: {
    readonly state: StateStore;
    readonly clock: Clock;
    readonly randomness: Randomness;
    readonly log: Log;
  }) {
    this.state = options.state;
    this.clock = options.clock;
    this.log = options.log;
    this.#randomness = options.randomness;
    this.roles = new Collection(options.state, "role", "Role");
    this.policies = new Collection(options.state, "policy", "Policy");
    this.users = new Collection(options.state, "user", "User");
  }

  /** Settings of a role or user that are kept but do nothing are said, so that nobody waits for their effect. */
  sayWithoutEffect(kind: "role" | "user", arn: string, settings: readonly string[]): void {
    if (settings.length > 0) this.log.warn("settings without effect", { [kind]: arn, settings });
  }

  /** A unique identifier such as `AROAJQABLZS4A3QDU576Q`, https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html */
  newId(prefix: "AROA" | "ANPA" | "AIDA" | "AKIA"): string {
    const length = prefix === "AKIA" ? 16 : 17;
    return prefix + [...this.#randomness.bytes(length)].map((byte) => ID_ALPHABET[byte & 31]).join("");
  }

  /** 40 characters, as AWS's secret access keys have. */
  newSecret(): string {
    return Buffer.from(this.#randomness.bytes(30)).toString("base64");
  }

  arn(context: { readonly account: string; readonly region: string }, resource: string): string {
    return `arn:${partitionOf(context.region)}:iam::${context.account}:${resource}`;
  }
}
