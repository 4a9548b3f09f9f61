/**
 * What `npm pack` runs first: `dist/` is `src/` compiled, file by file in the same places, so that every address that
 * a module makes of its own still holds. Beside it stand the spawner's source and its program for this machine.
 */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { compileSpawner } from "../src/environments/index.ts";

const root = path.join(import.meta.dirname, "..");
const dist = path.join(root, "dist");

/** What the sources name by an address of their own: `new URL("./thread.ts", import.meta.url)`. */
const OWN_ADDRESS = /new URL\("(\.[^"]*)", import\.meta\.url\)/g;

/** The entry that a program imports; its declarations are the package's types. */
const TYPES = path.join(dist, "embedding", "index.d.ts");

function compile(): void {
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
    if (/__pycache__/.test(file) || !/(\.(json|cjs|py)|\/NOTICE)$/.test(file)) continue;
    cpSync(path.join(root, "src", file), path.join(dist, file));
  }
}

/** The compiler turns imports of .ts into .js; addresses are left to us. Each must lead to a file. */
function turnAddresses(): void {
  for (const file of globSync("**/*.js", { cwd: dist })) {
    const place = path.join(dist, file);
    const text = readFileSync(place, "utf8");
    const turned = text.replaceAll(OWN_ADDRESS, (_, address: string) => {
      const target = address.replace(/\.ts$/, ".js");
      if (!existsSync(path.join(path.dirname(place), target)))
        throw new Error(`dist/${file} leads to ${target}, where nothing is`);
      return `new URL("${target}", import.meta.url)`;
    });
    if (turned !== text) writeFileSync(place, turned);
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
  const prebuilt = path.join(native, "prebuilt");
  mkdirSync(prebuilt);
  const program = await compileSpawner(prebuilt);
  // Others have other libraries, or none of these versions.
  if (readFileSync(program).includes("/lib64/ld-linux") || readFileSync(program).includes("/lib/ld-linux"))
    throw new Error("the spawner is not linked statically: the static libraries of C are missing");
}

rmSync(dist, { recursive: true, force: true });
compile();
copyPlainFiles();
turnAddresses();
keepPublicTypes();
await addSpawner();
