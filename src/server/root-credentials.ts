import { open, readFile, rename } from "node:fs/promises";
import path from "node:path";
import type { AccessKeyDirectory, Randomness } from "../base/index.ts";

/** The credentials of the account's root, as `--secure` makes them at its first start. */
export interface RootCredentials {
  readonly account: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export const ROOT_CREDENTIALS_FILE = "root-credentials.json";
const ID_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** Reads the credentials from the data directory, or makes them; only the file's owner can read it. */
export async function openRootCredentials(
  directory: string,
  account: string,
  randomness: Randomness,
): Promise<RootCredentials> {
  const file = path.join(directory, ROOT_CREDENTIALS_FILE);
  const existing = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (existing !== undefined) return JSON.parse(existing) as RootCredentials;
  const credentials: RootCredentials = {
    account,
    accessKeyId: `AKIA${[...randomness.bytes(16)].map((byte) => ID_ALPHABET[byte & 31]).join("")}`,
    secretAccessKey: Buffer.from(randomness.bytes(30)).toString("base64"),
  };
  const handle = await open(`${file}.new`, "w", 0o600);
  try {
    await handle.writeFile(`${JSON.stringify(credentials, null, 2)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(`${file}.new`, file);
  return credentials;
}

/** Root's key first, then those that IAM issued. */
export function withRoot(root: RootCredentials | undefined, issued: AccessKeyDirectory): AccessKeyDirectory {
  if (root === undefined) return issued;
  const found = {
    secretAccessKey: root.secretAccessKey,
    identity: {
      kind: "root",
      account: root.account,
      arn: `arn:aws:iam::${root.account}:root`,
      userId: root.account,
      accessKeyId: root.accessKeyId,
    },
  } as const;
  return { find: (id) => (id === root.accessKeyId ? found : issued.find(id)) };
}
