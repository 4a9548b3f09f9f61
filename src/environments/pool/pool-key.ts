import type { Runtime } from "../../runtimes/index.ts";
import type { EnvironmentSpec } from "../interfaces.ts";
import { customerVariables, defaultVariables } from "../variables.ts";
import { readAtStart } from "./start-variables.ts";

/** Sandboxes that can stand in for one another before they are assigned. */
export interface PoolKey {
  /** Identifies them, for instance `python3.11 3.11.7 512`. */
  readonly name: string;
  readonly runtime: Runtime;
  /** The limit that the interpreter starts under. */
  readonly memoryMiB: number;
  /** What waits in them: an interpreter, or nothing yet. */
  readonly waits: "interpreter" | "cell";
}

export type PoolableSpec = Pick<
  EnvironmentSpec,
  "initialization" | "memoryMiB" | "ephemeralStorageMiB" | "environment" | "layersDirectory"
>;

/** Interpreters size their heaps by the limit that they start under, so they wait under about the one they will have. */
const CLASSES_MIB = [512, 1_024, 2_048, 4_096, 8_192, 10_240];

/** Nothing runs under it. */
const CELL_MIB = 128;

/** `/tmp` of a pooled sandbox; the default of functions. */
export const POOLED_STORAGE_MIB = 512;

/**
 * Which pooled sandboxes could serve a function, or why it has to be started afresh: everything that a process can't
 * take on after its start.
 */
export function poolKeyOf(spec: PoolableSpec, runtime: Runtime): PoolKey | { readonly fresh: string } {
  if (!runtime.waits) return { fresh: `${runtime.identifier} does not wait for an assignment` };
  if (spec.initialization !== "on-demand") return { fresh: spec.initialization };
  const unfit = unfitForAny(spec, runtime);
  if (unfit !== undefined) return { fresh: unfit };
  const pooled = defaultVariables(runtime);
  const variable = readAtStart({ ...pooled, ...customerVariables(spec.environment) }, pooled);
  if (variable !== undefined) return { fresh: `variable ${variable}` };
  const memoryMiB = startMemoryMiB(runtime, spec.memoryMiB);
  // Another version may come while the server runs.
  // With an SDK that was installed since, the same version lies elsewhere.
  const place = runtime.mounts.find(({ target }) => target === "/var/runtime")?.source;
  const served = [runtime.identifier, runtime.interpreter?.version, place, memoryMiB];
  const name = served.filter((part) => part !== undefined).join(" ");
  return { name, runtime, memoryMiB, waits: "interpreter" };
}

/**
 * Which sandboxes without a process could serve a function: whatever it is started with, it is started in one as in
 * a new one. Undefined if it needs one of its own.
 */
export function cellKeyOf(spec: PoolableSpec, runtime: Runtime): PoolKey | undefined {
  if (unfitForAny(spec, runtime) !== undefined) return undefined;
  const mounts = runtime.mounts.map(({ source, target }) => `${source}:${target}`);
  return { name: ["cell", ...mounts].join(" "), runtime, memoryMiB: CELL_MIB, waits: "cell" };
}

/** What can't be given to a sandbox once it is made. */
function unfitForAny(spec: PoolableSpec, runtime: Runtime): string | undefined {
  if (spec.ephemeralStorageMiB !== POOLED_STORAGE_MIB) return "ephemeral storage";
  const inOpt = runtime.mounts.some(({ target }) => target.startsWith("/opt/"));
  return inOpt && spec.layersDirectory !== undefined ? "layers beside the interpreter" : undefined;
}

/** The class, unless the command line tells the interpreter the exact size. */
function startMemoryMiB(runtime: Runtime, memoryMiB: number): number {
  const found = CLASSES_MIB.find((size) => size >= memoryMiB) ?? memoryMiB;
  const command = (size: number) =>
    runtime.command({ memoryMiB: size, variables: {}, bootstrap: "" }).join("\0");
  return command(found) === command(memoryMiB) ? found : memoryMiB;
}
