import { existsSync, globSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { build } from "esbuild";

/** What the sources name by an address of their own: `new URL("./thread.ts", import.meta.url)`. */
const OWN_ADDRESS = /new URL\(\s*"([^":]*)",\s*import\.meta\.url,?\s*\)/g;

/** The same in between: by its place in `src`, whichever file of the bundle the code gets into. */
const PLACED = /new URL\("at:([^"]*)", import\.meta\.url\)/g;

/**
 * Bundles the sources: a file for each entry, and one for what several share or what is loaded later. A start reads a
 * handful of files instead of hundreds. Names stay and nothing is minified, so that stack traces can be read. What
 * threads run is bundled apart, because each would pay for all that it shares with the main thread's modules.
 */
export async function bundle(source: string, target: string, entries: readonly string[]): Promise<void> {
  await bundleGroup(source, target, entries, "shared");
  await bundleGroup(source, target, modulesByAddress(source), "threads");
  for (const file of globSync("**/*.js", { cwd: target })) resolve(target, path.join(target, file));
}

async function bundleGroup(
  source: string,
  target: string,
  entries: readonly string[],
  shared: string,
): Promise<void> {
  await build({
    absWorkingDir: source,
    entryPoints: [...entries],
    outbase: source,
    outdir: target,
    bundle: true,
    splitting: true,
    chunkNames: `${shared}/[name]-[hash]`,
    format: "esm",
    platform: "node",
    target: "node24",
    packages: "external",
    legalComments: "none",
    logLevel: "warning",
    plugins: [
      {
        name: "addresses",
        setup(bundling) {
          // What nothing is taken from need not be loaded.
          bundling.onResolve({ filter: /^node:/ }, ({ path: name }) => ({
            path: name,
            external: true,
            sideEffects: false,
          }));
          bundling.onLoad({ filter: /\.ts$/ }, ({ path: file }) => ({
            loader: "ts",
            contents: place(source, file),
          }));
        },
      },
    ],
  });
}

/** Modules that are started as threads or loaded by their address are entries as well. */
function modulesByAddress(source: string): string[] {
  const found = new Set<string>();
  for (const file of globSync("**/*.ts", { cwd: source })) {
    const at = path.dirname(path.join(source, file));
    for (const [, address = ""] of readFileSync(path.join(source, file), "utf8").matchAll(OWN_ADDRESS))
      if (address.endsWith(".ts")) found.add(path.relative(source, path.join(at, address)));
  }
  return [...found];
}

function place(source: string, file: string): string {
  return readFileSync(file, "utf8").replaceAll(OWN_ADDRESS, (_, address: string) => {
    const at = path.relative(source, path.join(path.dirname(file), address));
    return `new URL("at:${at}${address.endsWith("/") ? "/" : ""}", import.meta.url)`;
  });
}

/** Each address must lead to a file of the package. */
function resolve(target: string, file: string): void {
  const text = readFileSync(file, "utf8");
  const resolved = text.replaceAll(PLACED, (_, at: string) => {
    const place = path.join(target, at.replace(/\.ts$/, ".js"));
    if (!existsSync(place)) throw new Error(`${file} leads to ${place}, where nothing is`);
    const address = path.relative(path.dirname(file), place);
    return `new URL("${address.startsWith(".") ? "" : "./"}${address}${at.endsWith("/") ? "/" : ""}", import.meta.url)`;
  });
  // Where packages are looked for is the same for every file of a package.
  const uses = resolved.replaceAll("createRequire(import.meta.url)", "").split("import.meta.url").length - 1;
  const placed = text.split(PLACED).length >> 1;
  if (uses !== placed) throw new Error(`${file} uses its own address in a way that a bundle can't keep`);
  if (resolved !== text) writeFileSync(file, resolved);
}
