import { createHash } from "node:crypto";
import type { LiveDirectories } from "../../base/index.ts";
import type { RequestContext } from "../../wire/index.ts";
import type { Deployment } from "../document.ts";
import type { FunctionEntry } from "../entry.ts";
import { because } from "../errors.ts";
import type { CodeSource, HeldCode } from "../package/intake.ts";
import type { FunctionRepository } from "../repository.ts";

const BUCKET = "hot-reload";

/** Tells generations of code apart that changes without a change of its function. */
export interface LiveRevisions {
  generationOf(deployment: Pick<Deployment, "generation" | "code">): string;
}

export interface LiveChange {
  /** Generations as they were. */
  readonly before: LiveRevisions;
  /** Below the directory. */
  readonly paths: readonly string[];
}

type LiveListener = (entry: FunctionEntry, change: LiveChange) => void;

/**
 * Functions whose code is a directory of this machine: CreateFunction and UpdateFunctionCode name it as the key of an
 * object in the bucket `hot-reload`, which is how LocalStack has it too. A change of the directory is another
 * generation of the function without being an update of it: nothing is stored.
 * https://docs.localstack.cloud/aws/tooling/lambda-tools/hot-reloading/
 */
export class LiveCode implements LiveRevisions {
  readonly #directories: LiveDirectories | undefined;
  readonly #repository: FunctionRepository;
  readonly #listeners: LiveListener[] = [];
  readonly #revisions = new Map<string, number>();
  /** By generation. */
  readonly #renewals = new Map<string, number>();
  /** The functions that run from each directory, by key, and what ends following it. */
  readonly #followed = new Map<string, { readonly functions: Set<string>; readonly end: () => void }>();

  constructor(repository: FunctionRepository, directories: LiveDirectories | undefined) {
    this.#repository = repository;
    this.#directories = directories;
    repository.onChange((before, after) => {
      for (const directory of liveDirectoriesOf(after).keys()) this.#follow(directory, after?.key ?? "");
      for (const directory of liveDirectoriesOf(before).keys()) {
        if (!liveDirectoriesOf(after).has(directory)) this.#leave(directory, before?.key ?? "");
      }
    });
  }

  isNamed(code: CodeSource): boolean {
    return code.S3Bucket === BUCKET && code.S3Key?.startsWith("/") === true;
  }

  /** Whether a directory was meant, though the key is none of an object nor the path of one. */
  isMeant(code: CodeSource): boolean {
    return code.S3Bucket === BUCKET && this.#directories !== undefined;
  }

  /** Functions may not ask for it: what they could reach then is more than their sandbox shows them. */
  async take(code: CodeSource, caller: Pick<RequestContext, "environmentId">): Promise<HeldCode> {
    if (this.#directories === undefined) {
      throw because("liveCode", {
        reason: "this server does not run directories of its machine; see `lambkin start --hot-reload`.",
      });
    }
    if (caller.environmentId !== undefined) {
      throw because("liveCode", { reason: "functions may not run directories of the machine." });
    }
    const admitted = await this.#directories.admit(code.S3Key ?? "");
    if ("refused" in admitted) throw because("liveCode", { reason: admitted.refused });
    return {
      sha256: createHash("sha256").update(`${BUCKET}\0${admitted.directory}`).digest("hex"),
      sizeBytes: 0,
      unzippedBytes: 0,
      liveDirectory: admitted.directory,
      release: () => undefined,
    };
  }

  async codeOf(
    directory: string,
    runs: { readonly handler: string; readonly runtime: string },
  ): Promise<string> {
    if (this.#directories === undefined) {
      throw new Error(`the function runs from ${directory}, and this server was not told to allow that`);
    }
    return this.#directories.codeOf(directory, runs);
  }

  generationOf({ generation, code }: Pick<Deployment, "generation" | "code">): string {
    const renewals = this.#renewals.get(generation);
    const renewed = renewals === undefined ? generation : `${generation}+${renewals}`;
    if (code.liveDirectory === undefined) return renewed;
    return `${renewed}.${this.#revisions.get(code.liveDirectory) ?? 0}`;
  }

  /** Ends the generation of `$LATEST` for another one of the same code. */
  renew(entry: FunctionEntry): void {
    const { generation } = entry.document.serving ?? entry.document.latest;
    const before = this.#snapshot(entry);
    this.#renewals.set(generation, (this.#renewals.get(generation) ?? 0) + 1);
    for (const listener of this.#listeners) listener(entry, { before, paths: [] });
  }

  /** The present generations, as they will have been. */
  #snapshot({ document, versions }: FunctionEntry): LiveRevisions {
    const known = new Map<string, string>();
    for (const deployment of [document.serving ?? document.latest, ...versions.values()]) {
      known.set(deployment.generation, this.generationOf(deployment));
    }
    return { generationOf: ({ generation }) => known.get(generation) ?? generation };
  }

  /** Calls back once for each function that runs from a directory which has changed. */
  onChange(listener: LiveListener): void {
    this.#listeners.push(listener);
  }

  close(): void {
    for (const { end } of this.#followed.values()) end();
    this.#followed.clear();
  }

  #follow(directory: string, key: string): void {
    if (this.#directories === undefined) return;
    const followed = this.#followed.get(directory) ?? {
      functions: new Set(),
      end: this.#directories.follow(
        directory,
        () => this.#runningFrom(directory).flatMap((entry) => liveDirectoriesOf(entry).get(directory) ?? []),
        (paths) => this.#changed(directory, paths),
      ),
    };
    followed.functions.add(key);
    this.#followed.set(directory, followed);
  }

  #leave(directory: string, key: string): void {
    const followed = this.#followed.get(directory);
    if (followed?.functions.delete(key) !== true || followed.functions.size > 0) return;
    followed.end();
    this.#followed.delete(directory);
  }

  #runningFrom(directory: string): FunctionEntry[] {
    return [...this.#repository.all()].filter((entry) => liveDirectoriesOf(entry).has(directory));
  }

  #changed(directory: string, paths: readonly string[]): void {
    const running = this.#runningFrom(directory).map((entry) => ({ entry, before: this.#snapshot(entry) }));
    this.#revisions.set(directory, (this.#revisions.get(directory) ?? 0) + 1);
    for (const { entry, before } of running) {
      for (const listener of this.#listeners) listener(entry, { before, paths });
    }
  }
}

/** With the handlers of each. */
function liveDirectoriesOf(entry: FunctionEntry | undefined): Map<string, string[]> {
  const found = new Map<string, string[]>();
  if (entry === undefined) return found;
  const { latest, serving } = entry.document;
  const deployments = [latest, ...(serving === undefined ? [] : [serving]), ...entry.versions.values()];
  for (const { code, settings } of deployments) {
    if (code.liveDirectory === undefined) continue;
    found.set(code.liveDirectory, [...(found.get(code.liveDirectory) ?? []), settings.handler]);
  }
  return found;
}
