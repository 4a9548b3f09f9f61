import { cpSync, existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import path from "node:path";
import { installCompiler } from "./compiler.ts";
import { installDebianPackages, provide } from "./debian.ts";
import { run, works } from "./run.ts";
import { digestOf } from "./runtime-clients.ts";

/** AWS's own runtime client for Node.js, pinned so that a run can be repeated. */
const NODE_CLIENT = "aws-lambda-ric@4.0.2";

/**
 * Builds AWS's runtime client for Node.js, once: curl, a C++ library and an addon for this Node.js. Returns the content
 * of a layer.
 */
export async function installNodeRuntimeClient(cache: string): Promise<string> {
  const layer = path.join(cache, `node-${NODE_CLIENT.replaceAll(/[^\w.-]+/g, "-")}`);
  if (existsSync(layer)) return layer;
  await installCompiler();
  const tools = ["cmake", "make", "autoconf", "automake", "libtoolize"];
  const present = await Promise.all(tools.map((tool) => works(tool, "--version")));
  if (present.includes(false)) {
    const packages = ["cmake", "make", "g++", "autoconf", "automake", "libtool", "python3", "xz-utils"];
    await installDebianPackages(packages, `builds ${NODE_CLIENT}`);
  }
  process.stderr.write(`building ${NODE_CLIENT}\n`);
  const made = `${layer}.${process.pid}`;
  mkdirSync(made, { recursive: true });
  const program = path.dirname(process.execPath);
  // Node's own headers lie beside it; the build would fetch them otherwise.
  const variables = [`PATH=${program}:${process.env["PATH"]}`, `npm_config_nodedir=${path.dirname(program)}`];
  const install = ["npm", "install", "--prefix", made, "--no-audit", "--no-fund", NODE_CLIENT];
  await run("env", [...variables, ...install], { cwd: made });
  renameSync(made, layer);
  return layer;
}

/** Builds the Rust program in `source`, once for what it says, and returns the file. Needs Rust 1.85 or later. */
export async function buildRustFunction(cache: string, source: string): Promise<string> {
  const program = path.join(cache, `rust-${digestOf(source)}`);
  if (existsSync(program)) return program;
  await installCompiler();
  await provide(["cargo", "--version"], ["cargo"], "builds functions in Rust");
  process.stderr.write("building a function in Rust\n");
  const target = `${program}.${process.pid}`;
  const options = ["--quiet", "--locked", "--target-dir", target];
  await run("cargo", ["build", ...options, "--manifest-path", path.join(source, "Cargo.toml")]);
  const made = `${target}.bootstrap`;
  cpSync(path.join(target, "debug", "bootstrap"), made);
  rmSync(target, { recursive: true });
  renameSync(made, program);
  return program;
}
