import { isWrapped, type Runtime } from "../runtimes/index.ts";
import { findExtensions } from "./extensions/find-extensions.ts";
import type { EnvironmentSpec } from "./interfaces.ts";
import { resolveBelow } from "./resolve-below.ts";
import type { ProcessSpec } from "./sandbox/index.ts";
import { extensionVariables, runtimeVariables, type VariablesContext } from "./variables.ts";

/** What is started in an environment: its extensions, and its runtime or why it has none. */
export interface LaunchSpec {
  /** A reason instead of a program where none was found. */
  readonly runtime: ProcessSpec | { readonly missing: string };
  readonly extensions: readonly { readonly name: string; readonly process: ProcessSpec }[];
}

/** What is started in an environment: its extensions, and its runtime with its program. */
export async function launchSpec(context: VariablesContext): Promise<LaunchSpec> {
  const { runtime, spec } = context;
  const variables = runtimeVariables(context);
  const environment = extensionVariables(variables);
  const names = findExtensions(spec.layersDirectory);
  const bootstrap = findBootstrap(runtime, spec);
  const extensions = names.map((name) => ({
    name,
    process: {
      command: [`/opt/extensions/${name}`],
      environment,
      workingDirectory: "/",
    } satisfies ProcessSpec,
  }));
  if (bootstrap === undefined) {
    const missing = `Couldn't find valid bootstrap(s): [${runtime.bootstraps?.join(" ")}]`;
    return { extensions, runtime: { missing } };
  }
  const { debugPort } = context;
  const debugging = debugPort === undefined ? {} : { debugPort };
  const command = runtime.command({ memoryMiB: spec.memoryMiB, variables, bootstrap, ...debugging });
  return {
    extensions,
    runtime: {
      command,
      environment: variables,
      workingDirectory: "/var/task",
      withLog: runtime.framedLogs,
      connected: runtime.connected && !isWrapped(variables),
    },
  };
}

/** The first of the places where a custom runtime's program may lie; empty for runtimes that bring their own. */
function findBootstrap(runtime: Runtime, spec: EnvironmentSpec): string | undefined {
  if (runtime.bootstraps === undefined) return "";
  for (const path of runtime.bootstraps) {
    const [, root = "", name = ""] = /^(\/var\/task|\/opt)\/(.+)$/.exec(path) ?? [];
    const directory = root === "/opt" ? spec.layersDirectory : spec.codeDirectory;
    if (directory !== undefined && mayBeProgram(directory, name)) return path;
  }
  return undefined;
}

/** What lies elsewhere may be one; the sandbox will tell. */
function mayBeProgram(directory: string, name: string): boolean {
  const found = resolveBelow(directory, name);
  return found === "elsewhere" || (found !== "nothing" && found.status.isFile());
}
