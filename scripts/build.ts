/**
 * What `npm pack` runs first: `dist/` is `src/` bundled by entry (`build/bundle.ts`), with the public types, the files
 * that are read as they are in the same places, and the spawner's source and its program for this machine.
 */
import { spawnSync } from "node:child_process";
import { cpSync, globSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { cacheDirectory } from "../src/base/index.ts";
import { compileSpawner, compileZygoteLibrary } from "../src/environments/index.ts";
import {
  bundleBootstrap,
  compileAssembly,
  compileJars,
  findDotnets,
  findJavas,
} from "../src/runtimes/index.ts";
import { bundle } from "./build/bundle.ts";

const root = path.join(import.meta.dirname, "..");
const dist = path.join(root, "dist");

/** What people start and what programs import. */
const ENTRIES = ["cli/main.ts", "embedding/index.ts"];

/** The entry that a program imports; its declarations are the package's types. */
const TYPES = path.join(dist, "embedding", "index.d.ts");

/** The compiler is asked for declarations only. */
function declare(): void {
  const tsc = path.join(root, "node_modules", "typescript", "bin", "tsc");
  const { status } = spawnSync(process.execPath, [tsc, "-p", "tsconfig.build.json"], {
    cwd: root,
    stdio: "inherit",
  });
  if (status !== 0) throw new Error("the sources do not compile");
}

/** Tables, notices and bootstraps are part of the package as they are. */
function copyPlainFiles(): void {
  for (const file of globSync("**/*", { cwd: path.join(root, "src") })) {
    if (/__pycache__/.test(file) || !/(\.(json|js|cjs|mjs|py|rb|java|cs|sh|c)|\/NOTICE)$/.test(file))
      continue;
    cpSync(path.join(root, "src", file), path.join(dist, file));
  }
}

/** Declarations of what nobody can import would only add weight, and names of packages that users do not have. */
function keepPublicTypes(): void {
  const kept = new Set<string>();
  const keep = (file: string): void => {
    if (kept.has(file)) return;
    kept.add(file);
    for (const [, name = ""] of readFileSync(file, "utf8").matchAll(/(?:from |import\()"([^"]+)"/g)) {
      if (!name.startsWith(".")) throw new Error(`the public types need ${name}`);
      keep(path.join(path.dirname(file), name.replace(/\.(ts|js)$/, ".d.ts")));
    }
  };
  keep(TYPES);
  for (const file of globSync("**/*.d.ts", { cwd: dist })) {
    if (!kept.has(path.join(dist, file))) rmSync(path.join(dist, file));
  }
}

async function addSpawner(): Promise<void> {
  const native = path.join(dist, "native", "spawner");
  cpSync(path.join(root, "native", "spawner"), native, { recursive: true });
  if (process.platform !== "linux") {
    process.stdout.write("not on Linux: the package carries no compiled spawner\n");
    return;
  }
  const kept = cacheDirectory();
  const [program, library] = await Promise.all([compileSpawner(kept), compileZygoteLibrary(kept)]);
  for (const made of [program, library]) cpSync(made, path.join(native, "prebuilt", path.basename(made)));
  // Others have other libraries, or none of these versions.
  if (readFileSync(program).includes("/lib64/ld-linux") || readFileSync(program).includes("/lib/ld-linux"))
    throw new Error("the spawner is not linked statically: the static libraries of C are missing");
}

/**
 * The runtime of Node.js in one file, and what those of Java and .NET are compiled to, so that users need neither a JDK
 * nor a C# compiler. A packer who has none makes a package that compiles them at the first start.
 */
async function addBootstraps(): Promise<void> {
  const runtimes = path.join(dist, "runtimes");
  const nodejs = path.join(runtimes, "nodejs");
  bundleBootstrap(path.join(nodejs, "bootstrap"), path.join(nodejs, "prebuilt"));
  for (const [family, compile] of [
    ["java", async (from: string, to: string) => compileJars(from, to, await findJavas())],
    ["dotnet", async (from: string, to: string) => compileAssembly(from, to, await findDotnets())],
  ] as const) {
    const made = path.join(runtimes, family, "prebuilt");
    mkdirSync(made, { recursive: true });
    try {
      await compile(path.join(runtimes, family, "bootstrap"), made);
    } catch (error) {
      rmSync(made, { recursive: true });
      mkdirSync(made);
      const why = error instanceof Error ? error.message.split("\n")[0] : String(error);
      process.stdout.write(`the package carries no compiled runtime of ${family}: ${why}\n`);
    }
  }
}

rmSync(dist, { recursive: true, force: true });
declare();
copyPlainFiles();
await addBootstraps();
await bundle(path.join(root, "src"), dist, ENTRIES);
keepPublicTypes();
await addSpawner();
