import type { Socket } from "node:net";
import { type Log, toError } from "../base/index.ts";
import type { Runtime } from "../runtimes/index.ts";
import type { EnvironmentSpec } from "./interfaces.ts";
import { environmentMounts } from "./mounts.ts";
import type { EnvironmentPool } from "./pool/environment-pool.ts";
import { cellKeyOf, poolKeyOf } from "./pool/pool-key.ts";
import type { PooledSandbox } from "./pool/pooled-sandbox.ts";
import type { ProcessSpec, Sandbox, SandboxListeners, SandboxProcess, SandboxTier } from "./sandbox/index.ts";

export interface OpenedSandbox {
  readonly sandbox: Sandbox;
  /** Starts the function's runtime; `give` gets the connection of one that was waiting. */
  start(runtime: ProcessSpec, give: (socket: Socket) => void): Promise<SandboxProcess>;
}

/** A function's sandbox: one of the pool, if one can serve it and waits, else a new one. */
export async function openSandbox(
  id: string,
  spec: EnvironmentSpec,
  runtime: Runtime,
  { tier, pool, log }: { readonly tier: SandboxTier; readonly pool?: EnvironmentPool; readonly log: Log },
  listeners: SandboxListeners,
): Promise<OpenedSandbox> {
  const pooled = pool === undefined ? undefined : takeFrom(pool, spec, runtime);
  if (pooled !== undefined) {
    try {
      return goOnIn(pooled, await pooled.open(spec, listeners));
    } catch (error) {
      log.warn("a pooled sandbox could not be assigned", { error: toError(error) });
    }
  }
  const { memoryMiB, ephemeralStorageMiB } = spec;
  const mounts = await environmentMounts(runtime.mounts, spec);
  const sandbox = await tier.create({ id, memoryMiB, ephemeralStorageMiB, mounts }, listeners);
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
function goOnIn(pooled: PooledSandbox, sandbox: Sandbox): OpenedSandbox {
  let first = true;
  return {
    sandbox,
    start: async (process, give) => {
      const waited = first ? pooled.begin(process, give) : undefined;
      first = false;
      return waited ?? sandbox.start(process);
    },
  };
}
