import type { Socket } from "node:net";
import { type Log, toError } from "../base/index.ts";
import type { Runtime } from "../runtimes/index.ts";
import type { EnvironmentSpec } from "./interfaces.ts";
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
  /** Starts the function's runtime; `give` gets the connection of one that was waiting. */
  start(runtime: ProcessSpec, give: (socket: Socket) => void): Promise<SandboxProcess>;
}

export interface OpeningListener {
  readonly profile: StartProfile;
  /** Known before the sandbox is ready for the function; another one may take its place, which is told as well. */
  readonly onAddresses: (addresses: SandboxAddresses) => void;
}

/** A function's sandbox: one of the pool, if one can serve it and waits, else a new one. */
export async function openSandbox(
  id: string,
  spec: EnvironmentSpec,
  runtime: Runtime,
  { tier, pool, log }: { readonly tier: SandboxTier; readonly pool?: EnvironmentPool; readonly log: Log },
  listeners: SandboxListeners,
  { profile, onAddresses }: OpeningListener,
): Promise<OpenedSandbox> {
  const pooled = pool === undefined ? undefined : takeFrom(pool, spec, runtime);
  profile.reach("taken");
  if (pooled !== undefined) {
    try {
      const opening = pooled.open(spec, listeners);
      if (pooled.addresses !== undefined) onAddresses(pooled.addresses);
      const opened = goOnIn(pooled, await opening, profile);
      profile.from(pooled.key.waits);
      profile.reach("opened");
      return opened;
    } catch (error) {
      log.warn("a pooled sandbox could not be assigned", { error: toError(error) });
    }
  }
  const { memoryMiB, ephemeralStorageMiB } = spec;
  const mounts = await environmentMounts(runtime.mounts, spec);
  const sandbox = await tier.create({ id, memoryMiB, ephemeralStorageMiB, mounts }, listeners);
  profile.reach("opened");
  onAddresses(sandbox);
  return { sandbox, start: (process) => sandbox.start(process) };
}

/** With an interpreter that waits if it may have one, else without a process, in which it is started afresh. */
function takeFrom(pool: EnvironmentPool, spec: EnvironmentSpec, runtime: Runtime): PooledSandbox | undefined {
  const key = poolKeyOf(spec, runtime);
  const waiting = "fresh" in key ? undefined : pool.take(key, spec.functionArn);
  if (waiting !== undefined) return waiting;
  const cell = cellKeyOf(spec, runtime);
  return cell === undefined ? undefined : pool.take(cell, spec.functionArn);
}

/** The first init goes on in the process that waits; every further one starts afresh. */
function goOnIn(pooled: PooledSandbox, sandbox: Sandbox, profile: StartProfile): OpenedSandbox {
  let first = true;
  return {
    sandbox,
    start: async (process, give) => {
      const waited = first ? pooled.begin(process, give) : undefined;
      profile.reach("begun");
      first = false;
      return waited ?? sandbox.start(process);
    },
  };
}
