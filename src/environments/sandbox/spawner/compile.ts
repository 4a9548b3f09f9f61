import { execFile } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { access, appendFile, constants, mkdir, readdir, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { toError } from "../../../base/index.ts";

const run = promisify(execFile);

const DIGEST_BYTES = 32;

/** What is made of the source: the program, and the library that zygotes' interpreters are started with. */
type Product = "spawner" | "zygote";

const FLAGS: Readonly<Record<Product, readonly (readonly string[])[]>> = {
  // Static where the machine has the libraries for it; the program works either way.
  spawner: [
    ["-std=gnu17", "-O2", "-Wall", "-Wextra", "-static"],
    ["-std=gnu17", "-O2", "-Wall", "-Wextra"],
  ],
  // Most of the source is of no use there, and only one name must be seen by the interpreter.
  zygote: [
    [
      ...["-std=gnu17", "-O2", "-Wall", "-Wextra", "-shared", "-fPIC", "-fvisibility=hidden"],
      ...["-ffunction-sections", "-fdata-sections", "-Wl,--gc-sections"],
    ],
  ],
};

/** The part that the library has and the program has not: it is the library's `fork`. */
const LIBRARY_ONLY = "zygote/preload.c";

/**
 * The path of the spawner's program: the one that the package brought, else compiled with the machine's C compiler
 * unless the cache holds it already. Its name carries the hash of source
 * and flags, so a changed source is a new program and never replaces a running one.
 */
export function compileSpawner(cacheDirectory: string): Promise<string> {
  return provide("spawner", cacheDirectory);
}

/** The path of the library for zygotes, likewise. */
export function compileZygoteLibrary(cacheDirectory: string): Promise<string> {
  return provide("zygote", cacheDirectory);
}

async function provide(product: Product, cacheDirectory: string): Promise<string> {
  const source = sourceDirectory(import.meta.dirname);
  const files = (await readdir(source)).filter((name) => /\.[ch]$/.test(name)).sort();
  if (product === "zygote") files.push(LIBRARY_ONLY);
  const hash = createHash("sha256").update(JSON.stringify([FLAGS[product], process.arch]));
  for (const name of files) hash.update(name).update(await readFile(join(source, name)));
  const name = `${product}-${hash.digest("hex").slice(0, 20)}`;
  const prebuilt = join(source, "prebuilt", name);
  if (await isUsable(prebuilt)) return prebuilt;
  const program = join(cacheDirectory, name);
  if (await isUsable(program)) return program;

  await mkdir(cacheDirectory, { recursive: true, mode: 0o700 });
  const unfinished = join(cacheDirectory, `${product}-${randomUUID()}`);
  const units = files.filter((name) => name.endsWith(".c")).map((name) => join(source, name));
  try {
    await compile(FLAGS[product], units, unfinished);
    await appendFile(unfinished, digest(await readFile(unfinished)));
    await rename(unfinished, program);
  } finally {
    await rm(unfinished, { force: true });
  }
  return program;
}

async function compile(
  attempts: readonly (readonly string[])[],
  units: readonly string[],
  output: string,
): Promise<void> {
  let failure = new Error("no compiler was tried");
  for (const flags of attempts) {
    try {
      await run("cc", [...flags, "-o", output, ...units]);
      return;
    } catch (error) {
      failure = toError(error);
      if ("code" in failure && failure.code === "ENOENT")
        throw new Error("no C compiler (cc) is installed", { cause: error });
    }
  }
  throw new Error(`the spawner does not compile: ${failure.message}`);
}

/** `native/spawner` of the checkout, or of the package's `dist`, that this file is in. */
function sourceDirectory(from: string): string {
  const candidate = join(from, "native", "spawner");
  if (existsSync(join(candidate, "spawner.h"))) return candidate;
  if (from === dirname(from)) throw new Error("the source of the spawner is not part of this installation");
  return sourceDirectory(dirname(from));
}

function digest(bytes: Buffer): Buffer {
  return createHash("sha256").update(bytes).digest();
}

/**
 * Whether a kept program can be executed and is what was compiled. Its digest stands behind its last byte, where the
 * kernel does not look: a disk that was full or a machine that lost power must not cost the isolation for good.
 */
async function isUsable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    const bytes = await readFile(path);
    const length = bytes.length - DIGEST_BYTES;
    return length > 0 && digest(bytes.subarray(0, length)).equals(bytes.subarray(length));
  } catch {
    return false;
  }
}
