import { createHash } from "node:crypto";
import {
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
import { installDebianPackages, run, works } from "./run.ts";

/** AWS's own runtime client for Python, pinned so that a run can be repeated. */
const PYTHON_CLIENT = "awslambdaric==4.2.2";

/** What AWS's client for Java and its serialization need of Java's own modules. */
const JAVA_MODULES = "java.base,java.desktop,java.logging,java.sql,jdk.unsupported";

/** Starts AWS's client for Java from a layer. It makes the descriptor of the framed log out of its number. */
const JAVA_BOOTSTRAP = `#!/bin/sh
exec /opt/java/bin/java --add-opens java.base/java.io=ALL-UNNAMED -cp '/opt/function:/opt/lib/*' com.amazonaws.services.lambda.runtime.api.client.AWSLambda "$_HANDLER"
`;

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
  const program = path.join(cache, `go-${digestOf(source)}`);
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

/**
 * Builds the Java function in `source`, once for what it says, and returns the content of a layer: the function, AWS's
 * runtime client, which `pom.xml` names, a Java that is whole without files elsewhere, and a program that starts them.
 */
export function buildJavaFunction(cache: string, source: string): string {
  const layer = path.join(cache, `java-${digestOf(source, JAVA_BOOTSTRAP)}`);
  if (existsSync(layer)) return layer;
  if (!works("mvn", "--version") || !works("jlink", "--version")) {
    installDebianPackages(["maven", "default-jdk-headless"], "builds functions in Java");
  }
  process.stderr.write("building a function in Java for the tests\n");
  const made = `${layer}.${process.pid}`;
  const pom = path.join(source, "pom.xml");
  const copy = ["dependency:copy-dependencies", `-DoutputDirectory=${path.join(made, "lib")}`];
  run("mvn", ["--quiet", "--batch-mode", "--file", pom, ...copy]);
  const programs = readdirSync(source).filter((name) => name.endsWith(".java"));
  const into = ["-cp", path.join(made, "lib", "*"), "-d", path.join(made, "function")];
  run("javac", [...into, ...programs.map((name) => path.join(source, name))]);
  const small = ["--strip-debug", "--no-header-files", "--no-man-pages"];
  run("jlink", ["--add-modules", JAVA_MODULES, ...small, "--output", path.join(made, "java")]);
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
