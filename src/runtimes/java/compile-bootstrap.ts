import { execFile } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { existsSync, statSync } from "node:fs";
import { copyFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Interpreter } from "../interfaces.ts";
import { hashOfSources, makeDirectory, Once, sourcesIn } from "../kept-directory.ts";

const run = promisify(execFile);

/** The oldest Java whose functions are run. */
const RELEASE = "8";

/** What a sandbox has of its own, where nothing of the host can be shown. */
const SANDBOX_PLACES = /^\/(tmp|dev|proc|sys|opt|mnt|var\/(task|runtime|lang))(\/|$)/;

/** From this line on Java can archive the classes that a program loaded. */
const OLDEST_WITH_ARCHIVE = 13;

const SOURCES = /\.java$/;

/** With it a process can wait for what it is to serve; without a C compiler each is started afresh. */
const LIBRARY = "assignment.so";
const LIBRARY_SOURCE = join("native", "assignment.c");

/** What the package brings if it was made where there was a JDK, and what is compiled otherwise. */
const JARS = ["runtime.jar", "interfaces.jar"] as const;

/**
 * The runtime opens the descriptor of the log itself, for which Java has no public way, and loads a library while it
 * waits, which Java would otherwise warn of in the function's log.
 */
const MANIFEST =
  "Main-Class: lambkin.runtime.Bootstrap\nAdd-Opens: java.base/java.io\nEnable-Native-Access: ALL-UNNAMED\n";

/**
 * The Java runtime's two jars, the bootstrap and the interfaces of handlers: the package's, or compiled at the first use.
 * They are kept under the hash of their sources, together with one archive of loaded classes for each Java.
 */
export class JavaBootstrap {
  readonly directory: string;
  readonly #source: string;
  readonly #javas: readonly Interpreter[];
  readonly #prebuilt: string;
  readonly #once = new Once();
  #libraryFailed = false;

  constructor(
    source: string,
    places: { readonly cache: string; readonly prebuilt: string },
    javas: readonly Interpreter[],
  ) {
    this.#source = source;
    this.#prebuilt = places.prebuilt;
    this.#javas = javas;
    this.directory = join(places.cache, `java-${hashOfSources(source, /\.(java|c)$/, MANIFEST)}`);
  }

  /** Resolves when functions can be started with this Java. */
  prepare(java: Interpreter): Promise<void> {
    return this.#once.do(java.program, () => this.#prepare(java));
  }

  /** Whether sandboxes can show the directory under its own path, without which an archive is of no use. */
  get showable(): boolean {
    return !SANDBOX_PLACES.test(this.directory);
  }

  /** Where functions find the jars. */
  get placeInside(): string {
    return this.showable ? this.directory : "/var/runtime";
  }

  /** The archive of classes that shortens starts, if there is one for this Java. */
  archive(java: Interpreter): string | undefined {
    if (!this.showable) return undefined;
    const file = this.#archiveOf(java);
    return existsSync(file) ? file : undefined;
  }

  /** Whether processes can wait; as far as is known, before the first was prepared. */
  get waits(): boolean {
    return this.showable && !this.#libraryFailed;
  }

  async #prepare(java: Interpreter): Promise<void> {
    await this.#once.do("jars", () => this.#makeJars());
    await this.#once.do("library", () => this.#makeLibrary());
    if (java.line < OLDEST_WITH_ARCHIVE || !this.showable || this.archive(java) !== undefined) return;
    await this.#makeArchive(java);
  }

  async #makeJars(): Promise<void> {
    if (existsSync(join(this.directory, "runtime.jar"))) return;
    await makeDirectory(this.directory, async (made) => {
      if (!JARS.every((name) => existsSync(join(this.#prebuilt, name)))) {
        await compileJars(this.#source, made, this.#javas);
        return;
      }
      for (const name of JARS) await copyFile(join(this.#prebuilt, name), join(made, name));
    });
  }

  async #makeLibrary(): Promise<void> {
    const library = join(this.directory, LIBRARY);
    if (existsSync(library)) return;
    const made = `${library}.${randomUUID()}`;
    try {
      const flags = ["-std=gnu17", "-O2", "-shared", "-fPIC", "-fvisibility=hidden"];
      await run("cc", [...flags, "-o", made, join(this.#source, LIBRARY_SOURCE)]);
      await rename(made, library);
    } catch {
      this.#libraryFailed = true;
      await rm(made, { force: true });
    }
  }

  /** Without an archive starts are only slower. */
  async #makeArchive(java: Interpreter): Promise<void> {
    const archive = this.#archiveOf(java);
    const made = `${archive}.${randomUUID()}`;
    const options = [`-XX:ArchiveClassesAtExit=${made}`, "-XX:+UseSerialGC", "-XX:-UsePerfData"];
    try {
      await run(java.program, [...options, "-jar", join(this.directory, "runtime.jar"), "train"], {
        env: {},
      });
      await rename(made, archive);
    } catch {
      await rm(made, { force: true });
    }
  }

  /** Java takes an archive only for the files that it was made of, and complains in the function's log of any other. */
  #archiveOf(java: Interpreter): string {
    const hash = createHash("sha256").update(java.version);
    for (const file of [java.program, join(this.directory, "runtime.jar")])
      hash.update(` ${file} ${statSync(file, { throwIfNoEntry: false })?.mtimeMs}`);
    const key = hash.digest("hex").slice(0, 12);
    return join(this.directory, `classes-${java.version}-${key}.jsa`);
  }
}

/**
 * Compiles the runtime's jars for Java 8 and later.
 * @throws if none of the Javas brings a compiler.
 */
export async function compileJars(
  source: string,
  into: string,
  javas: readonly Interpreter[],
): Promise<void> {
  const java = javas.find(({ prefix }) => existsSync(join(prefix, "bin", "javac")));
  if (java === undefined)
    throw new Error(
      "functions in Java need a JDK (javac) once, because this package was made without compiled jars; only a JRE is installed",
    );
  const manifest = join(into, "manifest");
  await writeFile(manifest, MANIFEST);
  await Promise.all([
    jar(java, join(source, "runtime"), into, "runtime.jar", ["--manifest", manifest]),
    jar(java, join(source, "interfaces"), into, "interfaces.jar", []),
  ]);
  await rm(manifest);
}

/** Compiles a directory into a jar. */
async function jar(
  java: Interpreter,
  source: string,
  into: string,
  name: string,
  options: readonly string[],
): Promise<void> {
  const classes = join(into, name.replace(".jar", ""));
  const program = (tool: string) => join(java.prefix, "bin", tool);
  const files = sourcesIn(source, SOURCES).map((file) => join(source, file));
  const target = java.line > 8 ? ["--release", RELEASE] : [];
  await run(program("javac"), ["-nowarn", ...target, "-d", classes, ...files]);
  await run(program("jar"), ["--create", "--file", join(into, name), ...options, "-C", classes, "."]);
  await rm(classes, { recursive: true });
}
