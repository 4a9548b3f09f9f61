import type { Socket } from "node:net";
import { type Log, toError } from "../base/index.ts";
import type { Runtime } from "../runtimes/index.ts";
import type { EnvironmentSpec } from "./interfaces.ts";
import type { LaunchSpec } from "./launch.ts";
import { environmentMounts } from "./mounts.ts";
import type { EnvironmentPool } from "./pool/environment-pool.ts";
import { cellKeyOf, poolKeyOf } from "./pool/pool-key.ts";
import type { PooledSandbox } from "./pool/pooled-sandbox.ts";
import type {
  ProcessSpec,
  Sandbox,
  SandboxAddresses,
  SandboxListeners,
  SandboxProcess,
  SandboxTier,
} from "./sandbox/index.ts";
import type { StartProfile } from "./start-profile.ts";

export interface OpenedSandbox {
  readonly sandbox: Sandbox;
  /** What its first init is to start. */
  readonly launch: Promise<LaunchSpec>;
  /** Starts the function's runtime; `give` gets the connection of one that was waiting. */
  start(runtime: ProcessSpec, give: (socket: Socket) => void): Promise<SandboxProcess>;
}

export interface Opening {
  readonly profile: StartProfile;
  /** Called before the sandbox is ready for the function; another one may take its place, and it is called again. */
  readonly prepare: (addresses: SandboxAddresses) => Promise<LaunchSpec>;
}

/** A function's sandbox: one of the pool, if one can serve it and waits, else a new one. */
export async function openSandbox(
  id: string,
  spec: EnvironmentSpec,
  runtime: Runtime,
  { tier, pool, log }: { readonly tier: SandboxTier; readonly pool?: EnvironmentPool; readonly log: Log },
  listeners: SandboxListeners,
  { profile, prepare }: Opening,
): Promise<OpenedSandbox> {
  const pooled = pool === undefined ? undefined : takeFrom(pool, spec, runtime);
  profile.reach("taken");
  if (pooled?.addresses !== undefined) {
    try {
      const opened = await openPooled(pooled, pooled.addresses, spec, listeners, prepare);
      profile.from(pooled.key.waits);
      profile.reach("opened");
      return goOnIn(pooled, opened, profile);
    } catch (error) {
      log.warn("a pooled sandbox could not be assigned", { error: toError(error) });
    }
  }
  const { memoryMiB, ephemeralStorageMiB } = spec;
  const mounts = await environmentMounts(runtime.mounts, spec);
  const sandbox = await tier.create({ id, memoryMiB, ephemeralStorageMiB, mounts }, listeners);
  profile.reach("opened");
  const launch = prepare(sandbox);
  // Whoever awaits it sees it, if anybody still does.
  launch.catch(() => undefined);
  return { sandbox, launch, start: (process) => sandbox.start(process) };
}

type Opened = Pick<OpenedSandbox, "sandbox" | "launch">;

/** What is to run is found out while the sandbox is made the function's. */
async function openPooled(
  pooled: PooledSandbox,
  addresses: SandboxAddresses,
  spec: EnvironmentSpec,
  listeners: SandboxListeners,
  prepare: Opening["prepare"],
): Promise<Opened> {
  const launch = Promise.withResolvers<LaunchSpec>();
  // Whoever awaits it sees it, if anybody still does.
  const program = launch.promise.then(programOf, () => undefined);
  const opening = pooled.open(spec, listeners, program);
  launch.resolve(prepare(addresses));
  return { launch: launch.promise, sandbox: await opening };
}

/** What can be started at once, because nothing has to be there before it. */
function programOf({ extensions, runtime }: LaunchSpec): ProcessSpec | undefined {
  return "missing" in runtime || extensions.length > 0 ? undefined : runtime;
}

/** With an interpreter that waits if it may have one, else without a process, in which it is started afresh. */
function takeFrom(pool: EnvironmentPool, spec: EnvironmentSpec, runtime: Runtime): PooledSandbox | undefined {
  const key = poolKeyOf(spec, runtime);
  const waiting = "fresh" in key ? undefined : pool.take(key, spec.functionArn);
  if (waiting !== undefined) return waiting;
  const cell = cellKeyOf(spec, runtime);
  return cell === undefined ? undefined : pool.take(cell, spec.functionArn);
}

/** The first init goes on in the process that waits, or in what was started; every further one starts afresh. */
function goOnIn(pooled: PooledSandbox, opened: Opened, profile: StartProfile): OpenedSandbox {
  let first = true;
  return {
    ...opened,
    start: async (process, give) => {
      const waited = first ? pooled.begin(process, give) : undefined;
      profile.reach("begun");
      first = false;
      return (await waited) ?? opened.sandbox.start(process);
    },
  };
}
