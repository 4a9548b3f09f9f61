import { access, constants, realpath, stat } from "node:fs/promises";
import { isAbsolute, relative } from "node:path";
import type { Clock, LiveDirectories, Log } from "../base/index.ts";
import { DirectoryWatch } from "./directory-watch.ts";
import type { BuildBounds } from "./typescript/bounds.ts";
import { TypeScriptBuilds } from "./typescript/builds.ts";

export interface LocalDirectoriesOptions {
  /** Absolute; functions run from what lies in it only. Absent: from any directory. */
  readonly within?: string | undefined;
  /** The server's own, which holds its secrets; nothing of it and nothing around it is run from. */
  readonly dataDirectory: string;
  /** Where built code lies; this process alone writes there. */
  readonly buildDirectory: string;
  /** Whose tools may be used, besides Lambkin's own. */
  readonly project?: string | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

/** Directories of this machine as functions see them. */
export class LocalDirectories implements LiveDirectories {
  readonly #options: LocalDirectoriesOptions;
  readonly #builds: TypeScriptBuilds;
  readonly #watches = new Set<DirectoryWatch>();

  constructor(options: LocalDirectoriesOptions) {
    this.#options = options;
    this.#builds = new TypeScriptBuilds({
      directory: options.buildDirectory,
      project: options.project,
      bounds: () => this.#bounds(),
      log: options.log,
    });
  }

  async #bounds(): Promise<BuildBounds> {
    const { within, dataDirectory } = this.#options;
    return {
      within: within === undefined ? undefined : await realpath(within),
      without: await realpath(dataDirectory),
    };
  }

  async admit(named: string): Promise<{ readonly directory: string } | { readonly refused: string }> {
    const { within, dataDirectory } = this.#options;
    let directory: string;
    try {
      if (!isAbsolute(named)) return { refused: "the key has to be the absolute path of a directory." };
      directory = await realpath(named);
      if (!(await stat(directory)).isDirectory()) return { refused: `${named} is no directory.` };
      await access(directory, constants.R_OK | constants.X_OK);
    } catch (error) {
      return { refused: `${named} can't be used: ${(error as NodeJS.ErrnoException).code ?? "it fails"}.` };
    }
    if (within !== undefined && !holds(await realpath(within), directory)) {
      return { refused: `this server runs directories of ${within} only.` };
    }
    const data = await realpath(dataDirectory);
    if (holds(data, directory) || holds(directory, data)) {
      return { refused: `${named} and the server's data directory are one in the other.` };
    }
    return { directory };
  }

  async codeOf(
    directory: string,
    { handler, runtime }: { readonly handler: string; readonly runtime: string },
  ): Promise<string> {
    await access(directory, constants.R_OK | constants.X_OK);
    // The server may have been started otherwise since, and whoever owns the directory may have put a link in its place.
    const admitted = await this.admit(directory);
    if ("refused" in admitted) throw new Error(`code can't be run from its directory: ${admitted.refused}`);
    if (admitted.directory !== directory) throw new Error(`${directory} has become a link`);
    return this.#builds.codeOf(directory, handler, runtime);
  }

  follow(
    root: string,
    handlers: () => readonly string[],
    onChange: (paths: readonly string[]) => void,
  ): () => void {
    const { clock, log } = this.#options;
    const watch = new DirectoryWatch({
      root,
      handlers,
      onChange: (paths) => {
        this.#builds.changed(root);
        onChange(paths);
      },
      clock,
      log,
    });
    this.#watches.add(watch);
    return () => {
      this.#watches.delete(watch);
      watch.close();
    };
  }

  async close(): Promise<void> {
    for (const watch of this.#watches) watch.close();
    this.#watches.clear();
    await this.#builds.close();
  }
}

function holds(outer: string, inner: string): boolean {
  const path = relative(outer, inner);
  return path === "" || (!path.startsWith("..") && !isAbsolute(path));
}
