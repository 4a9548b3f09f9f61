import { createHash, randomUUID } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";

/** Makes a directory of the cache whole or not at all, also if another server makes the same one. */
export async function makeDirectory(directory: string, fill: (made: string) => Promise<void>): Promise<void> {
  const made = `${directory}-${randomUUID()}`;
  await mkdir(made, { recursive: true, mode: 0o755 });
  try {
    await fill(made);
    await rename(made, directory).catch((error: NodeJS.ErrnoException) => {
      // Another server was faster.
      if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
    });
  } finally {
    await rm(made, { recursive: true, force: true });
  }
}

/** Of the sources below a directory, and of what else decides what is made of them. */
export function hashOfSources(directory: string, ending: RegExp, further = ""): string {
  const hash = createHash("sha256").update(further);
  for (const file of sourcesIn(directory, ending))
    hash.update(file).update(readFileSync(join(directory, file)));
  return hash.digest("hex").slice(0, 20);
}

/** Paths below a directory, in a fixed order. */
export function sourcesIn(directory: string, ending: RegExp): readonly string[] {
  const names = readdirSync(directory, { recursive: true, encoding: "utf8" });
  return names.filter((name) => ending.test(name)).sort();
}

/** Promises by key; one that failed is forgotten, so that it is tried again. */
export class Once {
  readonly #known = new Map<string, Promise<void>>();

  do(key: string, work: () => Promise<void>): Promise<void> {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const doing = work();
    this.#known.set(key, doing);
    doing.catch(() => this.#known.delete(key));
    return doing;
  }
}
