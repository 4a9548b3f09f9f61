import { createHash } from "node:crypto";
import {
  cpSync,
  type Dirent,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { installDebianPackages, provide } from "./debian.ts";
import { run, works } from "./run.ts";

/** AWS's own runtime client for Python, pinned so that a run can be repeated. */
const PYTHON_CLIENT = "awslambdaric==4.2.2";

/** AWS's clients for Node.js: up to nodejs22.x, and from nodejs24.x on. */
const NODE_CLIENTS = ["aws-lambda-ric@3.3.0", "aws-lambda-ric@4.0.2"];

/** What AWS's client for Java and its serialization need of Java's own modules. */
const JAVA_MODULES = "java.base,java.desktop,java.logging,java.sql,jdk.unsupported";

/** Starts AWS's client for Java from a layer. It makes the descriptor of the framed log out of its number. */
const JAVA_BOOTSTRAP = `#!/bin/sh
exec /opt/jre/bin/java --add-opens java.base/java.io=ALL-UNNAMED -cp '/opt/function:/opt/lib/*' com.amazonaws.services.lambda.runtime.api.client.AWSLambda "$_HANDLER"
`;

/** Where Go's own installer puts it, besides PATH. */
const GO_PLACES = ["go", "/usr/local/go/bin/go"];

/** Puts AWS's runtime client for Python into a folder under `cache`, once, with the pip of `clients`. */
export async function installPythonRuntimeClient(cache: string, clients: string): Promise<string> {
  const folder = path.join(cache, `python-${PYTHON_CLIENT.replaceAll(/[^\w.-]+/g, "-")}`);
  const done = path.join(folder, "complete");
  if (existsSync(done)) return folder;
  rmSync(folder, { recursive: true, force: true });
  process.stderr.write(`installing ${PYTHON_CLIENT} for the tests\n`);
  const options = ["install", "--quiet", "--disable-pip-version-check", "--target", folder];
  await run(path.join(clients, "bin", "pip"), [...options, PYTHON_CLIENT]);
  writeFileSync(done, `${PYTHON_CLIENT}\n`);
  return folder;
}

/**
 * Unpacks AWS's runtime clients for Node.js, once, each in a folder by its name. Instead of the addon that they post
 * and ask with, which takes minutes to build, there is an empty file.
 */
export async function unpackNodeRuntimeClients(cache: string): Promise<string> {
  const layer = path.join(cache, `node-clients-${NODE_CLIENTS.join("-").replaceAll(/[^\w.-]+/g, "-")}`);
  if (existsSync(layer)) return layer;
  await provide(["npm", "--version"], ["npm"], "gets AWS's runtime clients");
  process.stderr.write(`getting ${NODE_CLIENTS.join(" and ")} for the tests\n`);
  const made = `${layer}.${process.pid}`;
  for (const name of NODE_CLIENTS) {
    const into = path.join(made, name);
    mkdirSync(into, { recursive: true });
    const packed = (await run("npm", ["pack", "--silent", name], { cwd: into })).trim();
    await run("tar", ["-xzf", packed, "--strip-components=1"], { cwd: into });
    for (const unused of [packed, "deps", "src"]) rmSync(path.join(into, unused), { recursive: true });
    for (const place of ["", "dist"].filter((folder) => existsSync(path.join(into, folder, "index.mjs"))))
      writeFileSync(path.join(into, place, "rapid-client.node"), "");
  }
  renameSync(made, layer);
  return layer;
}

/** Builds the Go program in `source`, once for what it says, and returns the file. */
export async function buildGoProgram(cache: string, source: string): Promise<string> {
  const program = path.join(cache, `go-${digestOf(source)}`);
  if (existsSync(program)) return program;
  const go = await findGo();
  process.stderr.write("building a function in Go for the tests\n");
  mkdirSync(cache, { recursive: true });
  const made = `${program}.${process.pid}`;
  await run("env", ["CGO_ENABLED=0", go, "build", "-o", made, "."], { cwd: source });
  renameSync(made, program);
  return program;
}

async function findGo(): Promise<string> {
  for (const place of GO_PLACES) if (await works(place, "version")) return place;
  await installDebianPackages(["golang-go"], "builds functions in Go");
  return "go";
}

/**
 * Makes, once, a layer of what Maven built in `target`: the functions, AWS's runtime client, a Java that is whole without
 * files elsewhere, and a program that starts them.
 */
export async function linkJavaLayer(cache: string, target: string): Promise<string> {
  const layer = path.join(
    cache,
    `${path.basename(path.dirname(target))}-layer-${createHash("sha256").update(JAVA_BOOTSTRAP).digest("hex").slice(0, 8)}`,
  );
  if (existsSync(layer)) return layer;
  await provide(["jlink", "--version"], ["default-jdk-headless"], "links a Java for functions");
  process.stderr.write("linking a Java for the tests\n");
  const made = `${layer}.${process.pid}`;
  mkdirSync(made, { recursive: true });
  cpSync(path.join(target, "client"), path.join(made, "lib"), { recursive: true });
  cpSync(path.join(target, "classes"), path.join(made, "function"), { recursive: true });
  const small = ["--strip-debug", "--no-header-files", "--no-man-pages"];
  await run("jlink", ["--add-modules", JAVA_MODULES, ...small, "--output", path.join(made, "jre")]);
  writeFileSync(path.join(made, "bootstrap"), JAVA_BOOTSTRAP, { mode: 0o755 });
  renameSync(made, layer);
  return layer;
}

/** Of the files in a folder of sources, and of what else it depends on. */
export function digestOf(source: string, further = ""): string {
  const hash = createHash("sha256").update(further);
  for (const entry of readdirSync(source, { recursive: true, withFileTypes: true }).sort(byPlace))
    if (entry.isFile()) hash.update(readFileSync(path.join(entry.parentPath, entry.name)));
  return hash.digest("hex").slice(0, 16);
}

function byPlace(one: Dirent, other: Dirent): number {
  return path.join(one.parentPath, one.name) < path.join(other.parentPath, other.name) ? -1 : 1;
}
