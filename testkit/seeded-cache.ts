import { chown, copyFile, mkdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { cacheDirectory } from "../src/base/index.ts";
import { compileSpawner, compileZygoteLibrary } from "../src/environments/sandbox/spawner/compile.ts";

/** Puts what of Lambkin is compiled in C into a cache of somebody's own, which then need not compile it. */
export async function seedCache(directory: string, owner = 0): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const made = [directory];
  for (const compile of [compileSpawner, compileZygoteLibrary]) {
    const program = await compile(cacheDirectory());
    const copy = join(directory, basename(program));
    await copyFile(program, copy);
    made.push(copy);
  }
  if (process.getuid?.() !== 0) return;
  for (const path of made) await chown(path, owner, owner);
}
