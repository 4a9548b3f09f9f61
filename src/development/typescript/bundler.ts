import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type {
  BuildContext,
  BuildOptions,
  BuildResult,
  context,
  formatMessages,
  Message,
  Plugin,
  stop,
} from "esbuild";
import type { HandlerSource } from "./handler-source.ts";

/** What of esbuild is used; a peer of Lambkin that need not be there. */
export interface Bundler {
  readonly context: typeof context;
  readonly formatMessages: typeof formatMessages;
  readonly stop: typeof stop;
}

/**
 * esbuild from beside Lambkin, or from the project whose developer started the server; never from a directory that a
 * request names, because this process runs it. Undefined if there is none.
 */
export async function loadBundler(project: string | undefined): Promise<Bundler | undefined> {
  try {
    return await import("esbuild");
  } catch {
    if (project === undefined) return undefined;
  }
  try {
    const found = createRequire(join(project, "package.json")).resolve("esbuild");
    const loaded = (await import(pathToFileURL(found).href)) as Bundler & { default?: Bundler };
    return loaded.default ?? loaded;
  } catch {
    return undefined;
  }
}

/** Where the bundle would lie beside its source; only paths in source maps are reckoned from it. */
const OUTPUT = ".lambkin";

export function openBuild(
  bundler: Bundler,
  of: {
    readonly directory: string;
    readonly source: HandlerSource;
    readonly runtime: string;
    readonly bounds: Plugin;
  },
): Promise<BuildContext> {
  const { directory, source, runtime, bounds } = of;
  const esm = source.format === "esm";
  return bundler.context({
    absWorkingDir: directory,
    entryPoints: [{ in: source.file, out: compiledName(source) }],
    outdir: OUTPUT,
    bundle: true,
    write: false,
    metafile: true,
    platform: "node",
    format: source.format,
    target: targetOf(runtime),
    sourcemap: "linked",
    sourcesContent: false,
    keepNames: true,
    logLevel: "silent",
    outExtension: { ".js": esm ? ".mjs" : ".cjs" },
    loader: { ".node": "copy" },
    // What is CommonJS among the dependencies of an ES module still calls require.
    ...(esm ? { banner: { js: REQUIRE } } : {}),
    plugins: [bounds, runtimeSdk],
  } satisfies BuildOptions);
}

const REQUIRE =
  'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);';

function compiledName({ module }: HandlerSource): string {
  return `${module}.compiled`;
}

function targetOf(runtime: string): string {
  return `node${/^nodejs(\d+)\.x$/.exec(runtime)?.[1] ?? "22"}`;
}

/** The SDK that the project does not have is the runtime's. */
const runtimeSdk: Plugin = {
  name: "sdk of the runtime",
  setup(build) {
    build.onResolve({ filter: /^(@aws-sdk|@smithy)\// }, async ({ path, pluginData, ...rest }) => {
      if (pluginData === LOOKED) return undefined;
      const { importer, kind, namespace, resolveDir } = rest;
      const found = await build.resolve(path, { importer, kind, namespace, resolveDir, pluginData: LOOKED });
      return found.errors.length > 0 ? { path, external: true } : found;
    });
  },
};
const LOOKED = Symbol("looked for in the project");

/** Files by their path below the code's directory. */
export type BuiltFiles = ReadonlyMap<string, Uint8Array>;

/**
 * The bundle, its source map, and in place of the handler's module a file that has stack traces name the sources
 * before it loads the bundle.
 */
export function filesOf(
  directory: string,
  source: HandlerSource,
  { outputFiles, metafile }: BuildResult<{ write: false; metafile: true }>,
): BuiltFiles {
  const base = join(directory, OUTPUT);
  const files = new Map<string, Uint8Array>();
  for (const { path, contents, text } of outputFiles) {
    const name = path.slice(base.length + 1);
    files.set(name, name.endsWith(".map") ? withOwnPaths(text, resolve(path, "..")) : contents);
  }
  const name = compiledName(source).split("/").at(-1) ?? "";
  if (source.format === "cjs") {
    const loader = `process.setSourceMapsEnabled(true);\nmodule.exports = require("./${name}.cjs");\n`;
    files.set(`${source.module}.cjs`, Buffer.from(loader));
    return files;
  }
  const entry = Object.values(metafile.outputs).find(({ entryPoint }) => entryPoint !== undefined);
  const exported = (entry?.exports ?? []).map((each) =>
    each === "default" ? "export default loaded.default;" : `export const ${each} = loaded.${each};`,
  );
  const loader = [
    "process.setSourceMapsEnabled(true);",
    `const loaded = await import("./${name}.mjs");`,
    ...exported,
    "",
  ].join("\n");
  files.set(`${source.module}.mjs`, Buffer.from(loader));
  return files;
}

/** Sources under their paths on this machine, which is where people and debuggers look for them. */
function withOwnPaths(text: string, from: string): Uint8Array {
  const map = JSON.parse(text) as { sources: string[] };
  map.sources = map.sources.map((source) => resolve(from, source));
  return Buffer.from(JSON.stringify(map));
}

/** Instead of what could not be built: a module that fails like one with a syntax error, and says why. */
export async function brokenFiles(
  bundler: Bundler | undefined,
  source: HandlerSource,
  errors: readonly Message[],
): Promise<BuiltFiles> {
  const text =
    bundler === undefined
      ? `${source.file} can't be built, because esbuild is not there: \`npm install --save-dev esbuild\` beside lambkin, or where \`lambkin dev\` is started`
      : (await bundler.formatMessages([...errors], { kind: "error", color: false })).join("\n").trim();
  const thrown = `throw new SyntaxError(${JSON.stringify(text)});\n`;
  return new Map([[`${source.module}.${source.format === "esm" ? "mjs" : "cjs"}`, Buffer.from(thrown)]]);
}
