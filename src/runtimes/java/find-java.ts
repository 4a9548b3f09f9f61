import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Interpreter } from "../interfaces.ts";
import { isExecutable, isOfTheSystem, namesIn, realpathOf, searchPath } from "../interpreter-probe.ts";

/** Where packages of distributions put Java. */
const SYSTEM_PLACE = "/usr/lib/jvm";

/** Java on this machine: `java` on the PATH, JAVA_HOME, and what lies in the system's place for it. */
export async function findJavas(): Promise<readonly Interpreter[]> {
  const candidates: [program: string, foundAs: string][] = searchPath().map((directory) => [
    join(directory, "java"),
    `${join(directory, "java")} on the PATH`,
  ]);
  const home = process.env.JAVA_HOME;
  if (home?.startsWith("/") === true) candidates.push([join(home, "bin", "java"), "JAVA_HOME"]);
  for (const name of (await namesIn(SYSTEM_PLACE)).toSorted()) {
    candidates.push([join(SYSTEM_PLACE, name, "bin", "java"), SYSTEM_PLACE]);
  }
  const found = new Map<string, Interpreter>();
  for (const [candidate, foundAs] of candidates) {
    const program = await realpathOf(candidate);
    if (program === undefined || found.has(program)) continue;
    const java = await describe(program, foundAs);
    if (java !== undefined) found.set(program, java);
  }
  return [...found.values()];
}

/** An installation tells its version in a file, so no Java has to be started for it. */
async function describe(program: string, foundAs: string): Promise<Interpreter | undefined> {
  const prefix = homeOf(program);
  const release = await readFile(join(prefix, "release"), "utf8").catch(() => "");
  const version = /^JAVA_VERSION="([\d._]+)"$/m.exec(release)?.[1];
  const line = /^(?:1\.)?(\d+)/.exec(version ?? "")?.[1];
  if (version === undefined || line === undefined || !(await isExecutable(program))) return undefined;
  return {
    family: "java",
    version,
    line: Number(line),
    program,
    prefix,
    foundAs,
    libraryDirectories: isOfTheSystem(prefix) ? await settingsOf(prefix) : [],
  };
}

/** Before Java 9 the program lies in `jre/bin` of a JDK. */
function homeOf(program: string): string {
  const home = dirname(dirname(program));
  return home.endsWith("/jre") ? dirname(home) : home;
}

/** Distributions keep the settings of a Java in /etc and link to them from where Java looks. */
async function settingsOf(prefix: string): Promise<readonly string[]> {
  const settings = new Set<string>();
  for (const name of ["lib/security/default.policy", "conf/net.properties", "conf/security/java.security"]) {
    const [, directory] = /^(\/etc\/[^/]+)\//.exec((await realpathOf(join(prefix, name))) ?? "") ?? [];
    if (directory !== undefined) settings.add(directory);
  }
  return [...settings];
}
