import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ACCEPTED_RUNTIMES } from "../../base/index.ts";
import { installNode } from "./npm.ts";
import { carryOut, planPackages } from "./system-packages.ts";

/** What came of the wish to have a runtime's own version; `said` is for people. */
export interface Installation {
  readonly installed: boolean;
  readonly said: string;
}

export interface InstallOptions {
  /** Whether packages of the system may be installed: only root's may. */
  readonly asRoot: boolean;
  /** Told before something that takes a while. */
  readonly tell: (what: string) => void;
}

/**
 * Brings what serves a runtime in its own version: Node.js from the npm registry into Lambkin's cache, other languages
 * from the system's packages.
 * @throws if the registry or the package manager refuses, in its own words.
 */
export async function installRuntime(
  identifier: string,
  { asRoot, tell }: InstallOptions,
): Promise<Installation> {
  if (!ACCEPTED_RUNTIMES.includes(identifier)) {
    return { installed: false, said: `${identifier} is no runtime of Lambda that takes functions` };
  }
  const line = /^nodejs(\d+)\.x$/.exec(identifier)?.[1];
  if (line !== undefined) {
    tell(`bringing Node.js ${line} from the npm registry`);
    const version = await installNode(Number(line));
    return { installed: true, said: `Node.js ${version} is installed` };
  }
  if (identifier.startsWith("provided")) {
    return { installed: true, said: `${identifier} needs nothing: functions bring their own bootstrap` };
  }
  const plan = await planPackages(packagesFor(identifier));
  if (plan === undefined) return { installed: false, said: noPackages(identifier) };
  if (!asRoot) {
    return { installed: false, said: `run this as root: ${plan.command.join(" ")}` };
  }
  tell(`installing ${plan.packages.join(" ")}`);
  await carryOut(plan);
  return { installed: true, said: `${plan.packages.join(" ")}: installed` };
}

/** Names of Debian's and Ubuntu's packages, preferred first. */
function packagesFor(identifier: string): readonly (readonly string[])[] {
  const [, family = "", version = ""] = /^(python|ruby|java|dotnet)(\d+(?:\.\d+)?)/.exec(identifier) ?? [];
  switch (family) {
    case "python":
      return [[`python${version}`]];
    case "ruby":
      return [[`ruby${version}`]];
    case "java":
      return bringsJars()
        ? [[`openjdk-${version}-jre-headless`], [`openjdk-${version}-jdk-headless`]]
        : [[`openjdk-${version}-jdk-headless`]];
    default:
      return [
        [`aspnetcore-runtime-${version}.0`],
        [`dotnet-runtime-${version}.0`],
        [`dotnet-sdk-${version}.0`],
      ];
  }
}

/** A package that was made where there was no JDK has the runtime of Java as source only. */
function bringsJars(): boolean {
  return existsSync(join(fileURLToPath(new URL("../java/prebuilt", import.meta.url)), "runtime.jar"));
}

function noPackages(identifier: string): string {
  const elsewhere: readonly [RegExp, string][] = [
    [/^python/, "pyenv's versions are found"],
    [/^ruby/, "rbenv's versions are found"],
    [/^java/, "a Java in JAVA_HOME is found"],
    [/^dotnet/, "a .NET in DOTNET_ROOT, or one that Microsoft's script put into ~/.dotnet, is found"],
  ];
  const hint = elsewhere.find(([pattern]) => pattern.test(identifier))?.[1] ?? "";
  return `the package sources of this system have nothing for ${identifier}; install it by other means: ${hint}`;
}
