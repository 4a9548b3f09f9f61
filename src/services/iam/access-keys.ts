import type { AccessKeyDirectory } from "../../base/index.ts";
import type { Json } from "../../storage/index.ts";
import { fail } from "./errors.ts";
import type { AccessKeyDocument, Iam } from "./model.ts";

/** Keys are found by id alone, before the account is known. */
const PREFIX = "-/-/iam/access-key/";

export async function putAccessKey(iam: Iam, key: AccessKeyDocument): Promise<void> {
  await iam.state.put(PREFIX + key.id, key as unknown as Json);
}

export async function deleteAccessKey(iam: Iam, key: AccessKeyDocument): Promise<void> {
  await iam.state.delete(PREFIX + key.id);
}

export async function accessKeyOf(iam: Iam, account: string, id: string): Promise<AccessKeyDocument> {
  const key = (await iam.state.get(PREFIX + id))?.value as AccessKeyDocument | undefined;
  if (key === undefined || key.account !== account) {
    throw fail("NoSuchEntity", { with: `The Access Key with id ${id} cannot be found.` });
  }
  return key;
}

export async function keysOfUser(iam: Iam, account: string, userName: string): Promise<AccessKeyDocument[]> {
  const keys: AccessKeyDocument[] = [];
  let cursor: string | undefined;
  do {
    const page = await iam.state.list(PREFIX, cursor === undefined ? {} : { cursor });
    keys.push(...page.entries.map(({ value }) => value as unknown as AccessKeyDocument));
    cursor = page.cursor;
  } while (cursor !== undefined);
  return keys.filter((key) => key.account === account && key.userName === userName);
}

/** The keys in memory, because every signed request asks for one; a watch keeps them current. */
export class AccessKeys implements AccessKeyDirectory {
  readonly #iam: Iam;
  readonly #known = new Map<string, AccessKeyDocument | undefined>();
  readonly #stop: () => void;

  constructor(iam: Iam) {
    this.#iam = iam;
    this.#stop = iam.state.watch(PREFIX, (change) => {
      if (change.kind === "reset") this.#known.clear();
      else this.#known.delete(change.key.slice(PREFIX.length));
    });
  }

  async find(accessKeyId: string) {
    if (!/^AKIA[A-Z2-7]{16}$/.test(accessKeyId)) return undefined;
    let key = this.#known.get(accessKeyId);
    if (key === undefined) {
      key = (await this.#iam.state.get(PREFIX + accessKeyId))?.value as AccessKeyDocument | undefined;
      if (key === undefined) return undefined;
      this.#known.set(accessKeyId, key);
    }
    if (!key.active) return undefined;
    return {
      secretAccessKey: key.secretAccessKey,
      identity: {
        kind: "user" as const,
        account: key.account,
        arn: key.userArn,
        userId: key.userId,
        accessKeyId: key.id,
      },
    };
  }

  close(): void {
    this.#stop();
  }
}
