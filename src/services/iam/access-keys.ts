import { type AccessKeyDirectory, type FoundAccessKey, iamLimits } from "../../base/index.ts";
import { Conflict, type Json } from "../../storage/index.ts";
import type { RequestContext } from "../../wire/index.ts";
import { fail } from "./errors.ts";
import type { AccessKeyDocument, Iam, UserDocument } from "./model.ts";

/** Keys are found by id alone, before the account is known. */
const PREFIX = "-/-/iam/access-key/";

/** The user whom a request is about: the one that it names, or the one who calls. */
export async function userOf(
  iam: Iam,
  context: RequestContext,
  name: string | undefined,
): Promise<UserDocument> {
  const { kind, arn } = context.identity;
  if (name === undefined && kind !== "user") {
    throw fail("ValidationError", { with: "Must specify userName when calling with non-User credentials" });
  }
  return iam.users.get(context.account, name ?? arn.slice(arn.lastIndexOf("/") + 1));
}

/** The key is stored before its user names it, so that nobody can use a key that its user does not have. */
export async function addAccessKey(iam: Iam, key: AccessKeyDocument): Promise<void> {
  await iam.state.put(PREFIX + key.id, key as unknown as Json, { ifRev: "absent" });
  try {
    await iam.users.update(key.account, key.userName, (user) => {
      if (user.accessKeys.length >= iamLimits.accessKeysOfUser) {
        throw fail("LimitExceeded", {
          with: `Cannot exceed quota for AccessKeysPerUser: ${iamLimits.accessKeysOfUser}`,
        });
      }
      return { ...user, accessKeys: [...user.accessKeys, key.id] };
    });
  } catch (error) {
    await iam.state.delete(PREFIX + key.id);
    throw error;
  }
}

export async function removeAccessKey(
  iam: Iam,
  user: UserDocument,
  account: string,
  id: string,
): Promise<void> {
  if (!user.accessKeys.includes(id)) throw missing(id);
  await iam.state.delete(PREFIX + id);
  await iam.users.update(account, user.name, (current) => ({
    ...current,
    accessKeys: current.accessKeys.filter((kept) => kept !== id),
  }));
}

export async function setActive(iam: Iam, user: UserDocument, id: string, active: boolean): Promise<void> {
  if (!user.accessKeys.includes(id)) throw missing(id);
  const entry = await iam.state.get(PREFIX + id);
  if (entry === undefined) throw missing(id);
  const key = { ...(entry.value as unknown as AccessKeyDocument), active };
  try {
    await iam.state.put(PREFIX + id, key, { ifRev: entry.rev });
  } catch (error) {
    if (error instanceof Conflict) throw fail("ConcurrentModification");
    throw error;
  }
}

export async function keysOfUser(iam: Iam, user: UserDocument): Promise<AccessKeyDocument[]> {
  const entries = await Promise.all(user.accessKeys.map((id) => iam.state.get(PREFIX + id)));
  return entries.flatMap((entry) =>
    entry === undefined ? [] : [entry.value as unknown as AccessKeyDocument],
  );
}

function missing(id: string) {
  return fail("NoSuchEntity", { with: `The Access Key with id ${id} cannot be found.` });
}

/** The keys in memory, because every signed request asks for one; a watch keeps them current. */
export class AccessKeys implements AccessKeyDirectory {
  readonly #iam: Iam;
  readonly #known = new Map<string, FoundAccessKey>();
  #changes = 0;
  readonly #stop: () => void;

  constructor(iam: Iam) {
    this.#iam = iam;
    this.#stop = iam.state.watch(PREFIX, (change) => {
      this.#changes += 1;
      if (change.kind === "reset") this.#known.clear();
      else this.#known.delete(change.key.slice(PREFIX.length));
    });
  }

  find(accessKeyId: string): FoundAccessKey | Promise<FoundAccessKey> {
    return this.#known.get(accessKeyId) ?? this.#read(accessKeyId);
  }

  async #read(accessKeyId: string): Promise<FoundAccessKey> {
    if (!/^AKIA[A-Z2-7]{16}$/.test(accessKeyId)) return undefined;
    const changes = this.#changes;
    const key = (await this.#iam.state.get(PREFIX + accessKeyId))?.value as AccessKeyDocument | undefined;
    if (key === undefined) return undefined;
    const found = foundKey(key);
    // What was read while keys changed may be out of date already.
    if (changes === this.#changes) this.#known.set(accessKeyId, found);
    return found;
  }

  close(): void {
    this.#stop();
  }
}

function foundKey(key: AccessKeyDocument): FoundAccessKey {
  if (!key.active) return "inactive";
  return {
    secretAccessKey: key.secretAccessKey,
    identity: {
      kind: "user",
      account: key.account,
      arn: key.userArn,
      userId: key.userId,
      accessKeyId: key.id,
    },
  };
}
