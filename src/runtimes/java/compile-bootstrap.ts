import { execFile } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Interpreter } from "../interfaces.ts";

const run = promisify(execFile);

/** The oldest Java whose functions are run. */
const RELEASE = "8";

/** What a sandbox has of its own, where nothing of the host can be shown. */
const SANDBOX_PLACES = /^\/(tmp|dev|proc|sys|opt|mnt|var\/(task|runtime|lang))(\/|$)/;

/** From this line on Java can archive the classes that a program loaded. */
const OLDEST_WITH_ARCHIVE = 13;

/** The runtime opens the descriptor of the log itself, for which Java has no public way. */
const MANIFEST = "Main-Class: lambkin.runtime.Bootstrap\nAdd-Opens: java.base/java.io\n";

/**
 * The Java runtime's two jars, the bootstrap and the interfaces of handlers, compiled at the first use and kept under the hash of their sources, together with one archive of loaded classes for each Java.
 */
export class JavaBootstrap {
  readonly directory: string;
  readonly #source: string;
  readonly #javas: readonly Interpreter[];
  readonly #prepared = new Map<string, Promise<void>>();
  #compiled: Promise<void> | undefined;

  constructor(source: string, cacheDirectory: string, javas: readonly Interpreter[]) {
    this.#source = source;
    this.#javas = javas;
    this.directory = join(cacheDirectory, `java-${hashOf(source)}`);
  }

  /** Resolves when functions can be started with this Java. */
  prepare(java: Interpreter): Promise<void> {
    const known = this.#prepared.get(java.program);
    if (known !== undefined) return known;
    const preparing = this.#prepare(java);
    this.#prepared.set(java.program, preparing);
    preparing.catch(() => this.#prepared.delete(java.program));
    return preparing;
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

  async #prepare(java: Interpreter): Promise<void> {
    this.#compiled ??= this.#compile();
    this.#compiled.catch(() => {
      this.#compiled = undefined;
    });
    await this.#compiled;
    if (java.line < OLDEST_WITH_ARCHIVE || !this.showable || this.archive(java) !== undefined) return;
    await this.#makeArchive(java);
  }

  async #compile(): Promise<void> {
    if (existsSync(join(this.directory, "runtime.jar"))) return;
    const java = this.#javas.find(({ prefix }) => existsSync(join(prefix, "bin", "javac")));
    if (java === undefined)
      throw new Error("functions in Java need a JDK (javac) once; only a JRE is installed");
    const made = `${this.directory}-${randomUUID()}`;
    await mkdir(made, { recursive: true, mode: 0o755 });
    try {
      await writeFile(join(made, "manifest"), MANIFEST);
      await Promise.all([
        jar(java, join(this.#source, "runtime"), made, "runtime.jar", ["--manifest", join(made, "manifest")]),
        jar(java, join(this.#source, "interfaces"), made, "interfaces.jar", []),
      ]);
      await rename(made, this.directory).catch((error: NodeJS.ErrnoException) => {
        // Another server was faster.
        if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
      });
    } finally {
      await rm(made, { recursive: true, force: true });
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

  #archiveOf(java: Interpreter): string {
    const key = createHash("sha256").update(`${java.program} ${java.version}`).digest("hex").slice(0, 12);
    return join(this.directory, `classes-${java.version}-${key}.jsa`);
  }
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
  const files = sourcesIn(source).map((file) => join(source, file));
  const target = java.line > 8 ? ["--release", RELEASE] : [];
  await run(program("javac"), ["-nowarn", ...target, "-d", classes, ...files]);
  await run(program("jar"), ["--create", "--file", join(into, name), ...options, "-C", classes, "."]);
  await rm(classes, { recursive: true });
}

function hashOf(source: string): string {
  const hash = createHash("sha256").update(MANIFEST);
  for (const file of sourcesIn(source)) hash.update(file).update(readFileSync(join(source, file)));
  return hash.digest("hex").slice(0, 20);
}

function sourcesIn(directory: string): readonly string[] {
  const names = readdirSync(directory, { recursive: true, encoding: "utf8" });
  return names.filter((name) => name.endsWith(".java")).sort();
}
