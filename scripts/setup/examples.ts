import { cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import path from "node:path";
import { installCompiler } from "./compiler.ts";
import { provide } from "./debian.ts";
import { run } from "./run.ts";
import { digestOf } from "./runtime-clients.ts";

/** Of an example that somebody built in its own folder. */
const BUILT = new Set(["dist", "node_modules", "target"]);

/** What the examples are built with and their functions call, and Debian's packages that bring it. */
const TOOLS = {
  zip: { check: ["zip", "-v"], packages: ["zip"] },
  npm: { check: ["npm", "--version"], packages: ["npm"] },
  pip: { check: ["python3", "-m", "pip", "--version"], packages: ["python3-pip"] },
  gem: { check: ["gem", "--version"], packages: ["ruby"] },
  bash: { check: ["bash", "--version"], packages: ["bash"] },
  curl: { check: ["curl", "--version"], packages: ["curl"] },
  jq: { check: ["jq", "--version"], packages: ["jq"] },
  go: { check: ["go", "version"], packages: ["golang-go"] },
  cargo: { check: ["cargo", "--version"], packages: ["cargo"] },
  mcs: { check: ["mcs", "--version"], packages: ["mono-mcs"] },
  mvn: { check: ["mvn", "--version"], packages: ["maven", "default-jdk-headless"] },
} as const satisfies Record<
  string,
  { readonly check: readonly [string, ...string[]]; readonly packages: readonly string[] }
>;

/** Folders of `examples/`, with what each needs. */
const NEEDS = {
  "csv-statistics": ["cargo", "zip"],
  invoices: ["mcs", "zip"],
  letters: ["gem", "zip"],
  "order-approval": ["pip", "zip"],
  "shell-runtime": ["bash", "curl", "jq", "zip"],
  stock: ["mvn", "zip"],
  "table-export": ["npm", "zip"],
  thumbnails: ["npm", "zip"],
  webhook: ["go", "zip"],
} as const satisfies Record<string, readonly (keyof typeof TOOLS)[]>;

export type ExampleName = keyof typeof NEEDS;

/** Those that are built within seconds once their packages are in the caches of their tools. */
export const QUICK_EXAMPLES: readonly ExampleName[] = [
  "letters",
  "order-approval",
  "shell-runtime",
  "table-export",
  "thumbnails",
];

export const SLOW_EXAMPLES: readonly ExampleName[] = ["csv-statistics", "invoices", "stock", "webhook"];

/**
 * Builds copies of these examples under `cache` by their own build.sh, once for what they say, and returns the folder
 * that holds them by name.
 */
export async function buildExamples(
  root: string,
  cache: string,
  names: readonly ExampleName[],
): Promise<string> {
  const built = path.join(cache, "examples");
  for (const name of names) await buildExample(path.join(root, "examples", name), built, name);
  return built;
}

async function buildExample(source: string, built: string, name: ExampleName): Promise<void> {
  const made = path.join(built, `.${name}.${process.pid}`);
  rmSync(made, { recursive: true, force: true });
  mkdirSync(made, { recursive: true });
  for (const entry of readdirSync(source))
    if (!BUILT.has(entry)) cpSync(path.join(source, entry), path.join(made, entry), { recursive: true });
  const complete = path.join(built, name, `.complete-${digestOf(made)}`);
  if (existsSync(complete)) {
    rmSync(made, { recursive: true });
    return;
  }
  for (const tool of NEEDS[name]) {
    const { check, packages } = TOOLS[tool];
    await provide(check, packages, `builds examples/${name}`);
  }
  if (name === "csv-statistics") await installCompiler();
  process.stderr.write(`building examples/${name}\n`);
  const digest = path.basename(complete);
  await run("sh", ["build.sh"], { cwd: made });
  mkdirSync(path.join(made, digest));
  rmSync(path.join(built, name), { recursive: true, force: true });
  renameSync(made, path.join(built, name));
}
