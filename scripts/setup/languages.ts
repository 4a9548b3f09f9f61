import { createHash } from "node:crypto";
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { provide } from "./debian.ts";
import { run } from "./run.ts";

/** Languages whose functions the tests run, beside the Node.js and Python that are there for the tests themselves. */
export function installRuby(): Promise<void> {
  return provide(["ruby", "--version"], ["ruby"], "runs functions in Ruby");
}

export async function installJava(): Promise<void> {
  await provide(["javac", "-version"], ["openjdk-17-jdk-headless"], "runs functions in Java");
  await provide(["mvn", "--version"], ["maven"], "builds functions in Java");
}

/** Builds the Maven project in `source`, once for what it says, and returns the directory that it builds into: `classes` is a package. */
export async function buildJavaFunctions(cache: string, source: string): Promise<string> {
  const hash = createHash("sha256");
  const names = readdirSync(source, { recursive: true, encoding: "utf8" }).sort();
  for (const name of names.filter((file) => /\.(java|xml)$/.test(file))) {
    hash.update(name).update(readFileSync(path.join(source, name)));
  }
  const built = path.join(cache, `java-${hash.digest("hex").slice(0, 16)}`);
  const target = path.join(built, "target");
  if (existsSync(path.join(built, "complete"))) return target;
  process.stderr.write("building functions in Java for the tests\n");
  rmSync(built, { recursive: true, force: true });
  cpSync(source, built, { recursive: true });
  await run("mvn", ["-q", "-B", `-Dmaven.repo.local=${path.join(cache, "maven")}`, "package"], {
    cwd: built,
  });
  writeFileSync(path.join(built, "complete"), "");
  return target;
}
