import { createHash, randomUUID } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { sourcesIn } from "../kept-directory.ts";

/** What the command starts; the scripts beside it become parts of it. */
const ENTRY = "bootstrap.cjs";

const SCRIPT = /^[^/]+\.cjs$/;
const MODULE_OR_SAMPLE = /\.(mjs|js)$/;

/** What a module that stays a file imports, which stays one, too. */
const IMPORTED = /^import .+ from "\.\/(.+\.cjs)";$/gm;

/**
 * The Node.js runtime with all its scripts in one file, since each that is looked for, read and compiled by itself costs a
 * start some tenths of a millisecond of CPU. It is the package's, or made of the sources at the first use and kept under
 * a hash of what it is. The sources run as they are as well.
 */
export class NodejsBootstrap {
  readonly #source: string;
  readonly #places: { readonly cache: string; readonly prebuilt: string };
  #directory: string | undefined;

  constructor(source: string, places: { readonly cache: string; readonly prebuilt: string }) {
    this.#source = source;
    this.#places = places;
  }

  /** What becomes `/var/runtime`; the sources themselves where nothing can be kept. */
  get directory(): string {
    this.#directory ??= isWhole(this.#places.prebuilt) ? this.#places.prebuilt : this.#keep();
    return this.#directory;
  }

  #keep(): string {
    const files = filesOf(this.#source);
    const hash = createHash("sha256");
    for (const [name, text] of files) hash.update(`${name}\0${text}\0`);
    const directory = join(this.#places.cache, `nodejs-${hash.digest("hex").slice(0, 20)}`);
    if (isWhole(directory)) return directory;
    const made = `${directory}-${randomUUID()}`;
    try {
      write(files, made);
      renameSync(made, directory);
    } catch {
      rmSync(made, { recursive: true, force: true });
      // Another server may have been faster.
      if (!isWhole(directory)) return this.#source;
    }
    return directory;
  }
}

/** Makes a directory that can stand in for that of the sources. */
export function bundleBootstrap(source: string, into: string): void {
  write(filesOf(source), into);
}

function isWhole(directory: string): boolean {
  return existsSync(join(directory, ENTRY));
}

/** Whoever the functions run as has to read it, whatever the umask of the server. */
function write(files: ReadonlyMap<string, string>, into: string): void {
  for (const [name, text] of files) {
    const file = join(into, name);
    mkdirSync(dirname(file), { recursive: true });
    chmodSync(dirname(file), 0o755);
    writeFileSync(file, text);
    chmodSync(file, 0o644);
  }
}

/** Texts by their paths in the directory: the samples, the hook that has a thread of its own, and one script. */
function filesOf(source: string): ReadonlyMap<string, string> {
  const read = (name: string) => readFileSync(join(source, name), "utf8");
  const files = new Map<string, string>();
  for (const name of sourcesIn(source, MODULE_OR_SAMPLE)) {
    const text = read(name);
    files.set(name, text);
    for (const [, imported = ""] of text.matchAll(IMPORTED)) files.set(imported, read(imported));
  }
  files.set(ENTRY, script(sourcesIn(source, SCRIPT).map((name) => ({ name, text: read(name) }))));
  return files;
}

/**
 * Each script is a function that runs when it is first required, so that what is loaded when stays as it is, and its
 * functions keep their names in traces.
 */
function script(parts: readonly { readonly name: string; readonly text: string }[]): string {
  const functions = parts.map(({ name, text }) => `  "./${name}": (module, require) => {\n${text}  },\n`);
  return `"use strict";

const parts = {
${functions.join("")}};

const loaded = new Map();

function requirePart(name) {
  if (!Object.hasOwn(parts, name)) return require(name);
  let part = loaded.get(name);
  if (part === undefined) {
    part = { exports: {} };
    loaded.set(name, part);
    parts[name](part, requirePart);
  }
  return part.exports;
}
requirePart.cache = require.cache;

requirePart("./${ENTRY}");
`;
}
