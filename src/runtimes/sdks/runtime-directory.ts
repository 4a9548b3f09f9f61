import { existsSync } from "node:fs";
import { cp, link, mkdir, readdir, readlink, symlink } from "node:fs/promises";
import { basename, join } from "node:path";
import { hashOfSources, makeDirectory, Once } from "../kept-directory.ts";
import type { InstalledSdk } from "./installed.ts";

/** How many names of a directory are linked at a time. */
const LINKED_AT_ONCE = 32;

/**
 * What becomes `/var/runtime` where an SDK is installed: the bootstrap with the SDK beside it, in one directory because
 * nothing can be mounted below one that is read-only. The SDK's files are linked, not copied.
 */
export class RuntimeDirectory {
  readonly path: string;
  readonly #bootstrap: string;
  readonly #sdk: InstalledSdk;

  constructor(cache: string, bootstrap: string, sdk: InstalledSdk) {
    const digest = hashOfSources(bootstrap, /\.(cjs|mjs|py)$/, basename(sdk.directory));
    this.path = join(cache, "runtime-directories", `${sdk.name}-${digest}`);
    this.#bootstrap = bootstrap;
    this.#sdk = sdk;
  }

  /** Makes it unless it is there. */
  prepare(): Promise<void> {
    return made.do(this.path, async () => {
      if (existsSync(this.path)) return;
      await makeDirectory(this.path, async (directory) => {
        await linkTree(this.#sdk.directory, directory);
        await cp(this.#bootstrap, directory, { recursive: true });
      });
    });
  }
}

const made = new Once();

async function linkTree(from: string, to: string): Promise<void> {
  const entries = await readdir(from, { withFileTypes: true });
  for (let at = 0; at < entries.length; at += LINKED_AT_ONCE) {
    await Promise.all(
      entries.slice(at, at + LINKED_AT_ONCE).map(async (entry) => {
        const [source, target] = [join(from, entry.name), join(to, entry.name)];
        if (entry.isSymbolicLink()) await symlink(await readlink(source), target);
        else if (!entry.isDirectory()) await link(source, target);
      }),
    );
  }
  for (const entry of entries) {
    if (!entry.isDirectory()) continue;
    await mkdir(join(to, entry.name), { mode: 0o755 });
    await linkTree(join(from, entry.name), join(to, entry.name));
  }
}
