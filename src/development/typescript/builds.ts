import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { BuildFailure } from "esbuild";
import { developmentLimits, type Log, toError } from "../../base/index.ts";
import { shareAssets } from "./assets.ts";
import { type BuildBounds, boundsPlugin } from "./bounds.ts";
import { type BuiltFiles, type Bundler, brokenFiles, filesOf, loadBundler, openBuild } from "./bundler.ts";
import { type HandlerSource, handlerSource } from "./handler-source.ts";

export interface TypeScriptBuildsOptions {
  /** Where built code lies; this process alone writes there. */
  readonly directory: string;
  /** Whose tools may be used, besides Lambkin's own. */
  readonly project: string | undefined;
  readonly bounds: () => Promise<BuildBounds>;
  readonly log: Log;
}

interface Build {
  readonly context: ReturnType<typeof openBuild> | undefined;
  readonly shape: string;
  /** Of the present contents; undefined after a change. */
  current: Promise<string> | undefined;
  /** Oldest first. */
  readonly places: string[];
}

/** TypeScript handlers, built when their code is asked for: each state of the sources into a directory of its own. */
export class TypeScriptBuilds {
  readonly #options: TypeScriptBuildsOptions;
  /** By directory, then by runtime and handler. */
  readonly #builds = new Map<string, Map<string, Build>>();
  #bundler: Promise<Bundler | undefined> | undefined;
  #places = 0;

  constructor(options: TypeScriptBuildsOptions) {
    this.#options = options;
  }

  /** Where to run the handler from; the directory itself where there is nothing to build. */
  async codeOf(directory: string, handler: string, runtime: string): Promise<string> {
    const source = runtime.startsWith("nodejs") ? handlerSource(directory, handler) : undefined;
    if (source === undefined) return directory;
    const ofDirectory = this.#builds.get(directory) ?? new Map<string, Build>();
    this.#builds.set(directory, ofDirectory);
    const key = `${runtime} ${handler}`;
    const shape = `${source.file} ${source.format}`;
    let build = ofDirectory.get(key);
    if (build?.shape !== shape) {
      await build?.context?.then((context) => context.dispose());
      this.#bundler ??= loadBundler(this.#options.project);
      const bundler = await this.#bundler;
      const bounds = boundsPlugin(await this.#options.bounds());
      build = {
        context:
          bundler === undefined ? undefined : openBuild(bundler, { directory, source, runtime, bounds }),
        shape,
        current: undefined,
        places: build?.places ?? [],
      };
      ofDirectory.set(key, build);
    }
    build.current ??= this.#build(build, directory, source);
    return build.current;
  }

  /** Something below the directory is another than it was. */
  changed(directory: string): void {
    for (const build of this.#builds.get(directory)?.values() ?? []) build.current = undefined;
  }

  async #build(build: Build, directory: string, source: HandlerSource): Promise<string> {
    const files = await this.#compile(build, directory, source);
    const place = join(this.#options.directory, String(++this.#places));
    await mkdir(place, { recursive: true, mode: 0o755 });
    await shareAssets(directory, place, this.#options.log);
    for (const [name, content] of files) {
      await mkdir(dirname(join(place, name)), { recursive: true, mode: 0o755 });
      await writeFile(join(place, name), content, { mode: 0o644 });
    }
    build.places.push(place);
    while (build.places.length > developmentLimits.keptBuilds) {
      await rm(build.places.shift() ?? "", { recursive: true, force: true });
    }
    return place;
  }

  async #compile(build: Build, directory: string, source: HandlerSource): Promise<BuiltFiles> {
    const bundler = await this.#bundler;
    if (bundler === undefined || build.context === undefined) return brokenFiles(undefined, source, []);
    try {
      const result = await (await build.context).rebuild();
      return filesOf(directory, source, result);
    } catch (error) {
      const { errors } = error as Partial<BuildFailure>;
      if (errors === undefined) throw toError(error);
      this.#options.log.info("a handler could not be built", { directory, file: source.file });
      return brokenFiles(bundler, source, errors);
    }
  }

  async close(): Promise<void> {
    for (const builds of this.#builds.values()) {
      for (const { context } of builds.values()) await context?.then((opened) => opened.dispose());
    }
    this.#builds.clear();
    await (await this.#bundler)?.stop();
  }
}
