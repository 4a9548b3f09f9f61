import { type Clock, invokeLimits, type Log } from "../../base/index.ts";
import { type Environment, InitFailed } from "../../environments/index.ts";
import type { FunctionCatalog, ResolvedFunction } from "../../functions/index.ts";
import { type Pool, poolKey } from "./pool.ts";

export interface ProvisioningOptions {
  readonly catalog: Pick<FunctionCatalog, "concurrency" | "provisionedFunctions" | "reportProvisioned">;
  readonly clock: Clock;
  readonly log: Log;
}

export interface ProvisioningListener {
  poolsOf(arn: string): Iterable<Pool>;
  poolOf(target: ResolvedFunction): Pool;
  /** It is kept ready no longer. */
  onUnwanted(pool: Pool, environment: Environment): void;
  /** Nothing may hold it any more. */
  onReleased(pool: Pool): void;
  /** It may be tried again. */
  onRetry(pool: Pool): void;
}

/** Which pools keep environments ready ahead of demand, and what is told of that. */
export class Provisioning {
  readonly #catalog: ProvisioningOptions["catalog"];
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #listener: ProvisioningListener;
  /** Pools that want an environment, in the order of their turn. */
  readonly wanting = new Set<Pool>();

  constructor({ catalog, clock, log }: ProvisioningOptions, listener: ProvisioningListener) {
    this.#catalog = catalog;
    this.#clock = clock;
    this.#log = log;
    this.#listener = listener;
  }

  start(): void {
    for (const arn of this.#catalog.provisionedFunctions()) this.changed(arn);
  }

  /** Brings what is kept ready for a function's versions in line with what is asked for. */
  changed(arn: string): void {
    const asked = this.#catalog.concurrency(arn)?.provisioned ?? [];
    const byKey = new Map(asked.map((provision) => [poolKey(provision.target, undefined), provision]));
    for (const pool of [...this.#listener.poolsOf(arn)]) {
      if (pool.provision === undefined || byKey.has(pool.key)) continue;
      pool.provision = undefined;
      this.wanting.delete(pool);
      this.#trim(pool);
      this.#listener.onReleased(pool);
    }
    for (const provision of byKey.values()) {
      const pool = this.#listener.poolOf(provision.target);
      pool.provision = provision;
      pool.provisionFailure = undefined;
      this.#trim(pool);
      if (pool.wantsProvisioned) this.wanting.add(pool);
      this.report(pool);
    }
  }

  #trim(pool: Pool): void {
    while (pool.provisionedMissing < 0) {
      const environment = pool.idleProvisioned.takeOldest();
      if (environment === undefined) return;
      this.#listener.onUnwanted(pool, environment);
    }
  }

  failed(pool: Pool, error: Error | undefined): void {
    if (pool.closed || pool.provision === undefined) return;
    if (error instanceof InitFailed) {
      pool.provisionFailure = "FUNCTION_ERROR_INIT_FAILURE";
      for (const [environment, member] of pool.members) {
        if (member.provisioned && member.phase === "idle") pool.idleProvisioned.remove(environment);
        if (member.provisioned) this.#listener.onUnwanted(pool, environment);
      }
      this.report(pool);
      return;
    }
    this.#log.error("provisioned environment did not come up", { function: pool.target.arn, error });
    pool.provisionPaused = true;
    this.#clock.after(invokeLimits.provisionRetryMs, () => {
      pool.provisionPaused = false;
      this.#listener.onRetry(pool);
    });
  }

  report(pool: Pool): void {
    const { provision, provisionFailure, target } = pool;
    if (provision === undefined) return;
    const up = provisionFailure === undefined ? pool.provisionedUp : 0;
    this.#catalog.reportProvisioned({
      arn: target.arn,
      qualifier: provision.qualifier,
      generation: target.generation,
      allocated: up,
      available: up,
      ...(provisionFailure === undefined ? {} : { failure: provisionFailure }),
    });
  }
}
