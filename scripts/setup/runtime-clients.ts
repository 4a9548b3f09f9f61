import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { installDebianPackages, run, works } from "./run.ts";

/** AWS's own runtime client for Python, pinned so that a run can be repeated. */
const PYTHON_CLIENT = "awslambdaric==4.2.2";

/** Where Go's own installer puts it, besides PATH. */
const GO_PLACES = ["go", "/usr/local/go/bin/go"];

/** Puts AWS's runtime client for Python into a folder under `cache`, once, with the pip of `clients`. */
export function installPythonRuntimeClient(cache: string, clients: string): string {
  const folder = path.join(cache, `python-${PYTHON_CLIENT.replaceAll(/[^\w.-]+/g, "-")}`);
  const done = path.join(folder, "complete");
  if (existsSync(done)) return folder;
  rmSync(folder, { recursive: true, force: true });
  process.stderr.write(`installing ${PYTHON_CLIENT} for the tests\n`);
  const options = ["install", "--quiet", "--disable-pip-version-check", "--target", folder];
  run(path.join(clients, "bin", "pip"), [...options, PYTHON_CLIENT]);
  writeFileSync(done, `${PYTHON_CLIENT}\n`);
  return folder;
}

/** Builds the Go program in `source`, once for what it says, and returns the file. */
export function buildGoProgram(cache: string, source: string): string {
  const hash = createHash("sha256");
  for (const name of readdirSync(source).sort()) hash.update(readFileSync(path.join(source, name)));
  const program = path.join(cache, `go-${hash.digest("hex").slice(0, 16)}`);
  if (existsSync(program)) return program;
  let go = GO_PLACES.find((place) => works(place, "version"));
  if (go === undefined) {
    installDebianPackages(["golang-go"], "builds functions in Go");
    go = "go";
  }
  process.stderr.write("building a function in Go for the tests\n");
  mkdirSync(cache, { recursive: true });
  const made = `${program}.${process.pid}`;
  run("env", ["CGO_ENABLED=0", go, "build", "-o", made, "."], { cwd: source });
  renameSync(made, program);
  return program;
}
