import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ACCEPTED_RUNTIMES } from "../../base/index.ts";
import type { Interpreter } from "../interfaces.ts";
import { findPythons } from "../python/find-python.ts";
import { packagesAskedFor, sdkFor } from "../sdks/pinned.ts";
import { installNode } from "./npm.ts";
import { installSdk } from "./sdk.ts";
import { carryOut, planPackages } from "./system-packages.ts";

/** What came of the wish to have a runtime's own version; `said` is for people. */
export interface Installation {
  readonly installed: boolean;
  readonly said: string;
}

export interface InstallOptions {
  /** Whether packages of the system may be installed: only root's may. */
  readonly asRoot: boolean;
  /** Packages of the SDK in place of those that are brought otherwise; none at all if it is empty. */
  readonly sdk?: readonly string[];
  /** Told before something that takes a while. */
  readonly tell: (what: string) => void;
}

/**
 * Brings what serves a runtime in its own version: Node.js from the npm registry into Lambkin's cache, other languages
 * from the system's packages; and the SDK that Lambda includes in it.
 * @throws if the registry or the package manager refuses, in its own words.
 */
export async function installRuntime(identifier: string, options: InstallOptions): Promise<Installation> {
  const interpreter = await installInterpreter(identifier, options);
  const sdk = sdkFor(identifier);
  if (!interpreter.installed || sdk === undefined || options.sdk?.length === 0) return interpreter;
  const wanted = options.sdk === undefined ? sdk.packages : packagesAskedFor(sdk, options.sdk);
  options.tell(`bringing ${wanted.length === 1 ? wanted[0] : `${wanted.length} packages of the SDK`}`);
  const packages = await installSdk(sdk, wanted, await pythonOf(identifier));
  const versions = Object.entries(packages).map((entry) => entry.join(" "));
  return { installed: true, said: `${interpreter.said}, and for functions ${versions.join(", ")}` };
}

async function pythonOf(identifier: string): Promise<Interpreter | undefined> {
  if (!identifier.startsWith("python")) return undefined;
  return (await findPythons(undefined)).find(({ line }) => identifier === `python3.${line}`);
}

async function installInterpreter(
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
  const present = await pythonOf(identifier);
  if (present !== undefined) return { installed: true, said: `Python ${present.version} is here already` };
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
