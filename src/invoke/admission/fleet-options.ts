import type { Clock, Log, MachineMemory } from "../../base/index.ts";
import type { Environment, EnvironmentHost, EnvironmentSpec, StartBudget } from "../../environments/index.ts";
import type { FunctionCatalog, ResolvedFunction } from "../../functions/index.ts";
import type { InvokerCounts } from "../interfaces.ts";
import type { KeepAliveCounts } from "./keep-alive.ts";
import type { KeptHabits } from "./kept-habits.ts";
import type { Pool } from "./pool.ts";

/** Whether an environment is made for a request that waits, is kept ready, or is for a request that is expected. */
export type Purpose = "request" | "provisioned" | "ahead";

export interface FleetOptions {
  readonly catalog: Pick<
    FunctionCatalog,
    | "onSuperseded"
    | "onReloaded"
    | "concurrency"
    | "unreservedConcurrency"
    | "onConcurrencyChanged"
    | "provisionedFunctions"
    | "reportProvisioned"
  >;
  readonly host: Pick<EnvironmentHost, "assign">;
  readonly specify: (target: ResolvedFunction, pool: string, purpose: Purpose) => Promise<EnvironmentSpec>;
  readonly budget: StartBudget;
  /** Environments that this machine holds at most, whatever the accounts' limits allow. */
  readonly mostEnvironments: number;
  readonly memory: () => MachineMemory;
  /** Bytes that environments leave available; a share of the memory unless given. */
  readonly memoryReserveBytes?: number | undefined;
  readonly keptHabits?: KeptHabits;
  readonly clock: Clock;
  readonly log: Log;
}

export type FleetCounts = KeepAliveCounts &
  Pick<InvokerCounts, "waiting" | "environments" | "starting" | "busy" | "coldStarts">;

export interface FleetListener {
  /** An environment can take a request. The listener runs one on it and says so, or leaves it. */
  onFree(pool: Pool, environment: Environment): boolean;
  /** An environment that a request waited for did not come up. */
  onCreationFailed(pool: Pool, error: Error | undefined): void;
  /** What waited there has to be placed anew. */
  onClosed(pool: Pool): void;
}
