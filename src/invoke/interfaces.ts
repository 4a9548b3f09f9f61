import type {
  Clock,
  EventTargets,
  InvocationDestination,
  Log,
  MachineMemory,
  Randomness,
  RoleDirectory,
} from "../base/index.ts";
import type { EnvironmentHost, StartBudget } from "../environments/index.ts";
import type { FunctionCatalog } from "../functions/index.ts";
import type { UsageLedger } from "../metering/index.ts";
import type { EventQueue, StateStore, Timers } from "../storage/index.ts";
import type { Operation } from "../wire/index.ts";
import type { KeepAliveCounts } from "./admission/keep-alive.ts";
import type { DurableOptions } from "./durable/engine.ts";
import type { operations } from "./operations/index.ts";

export interface InvokerOptions {
  readonly catalog: FunctionCatalog;
  readonly host: EnvironmentHost;
  readonly queue: EventQueue;
  /** Where durable executions are kept, and what wakes them. */
  readonly durableDirectory: string;
  readonly timers: Timers;
  /** Where it is kept when functions are used, over restarts; forgotten without it. */
  readonly state?: Pick<StateStore, "put" | "list" | "delete">;
  readonly ledger: UsageLedger;
  /** Session credentials of an execution role carry its id. */
  readonly roles: RoleDirectory;
  /** What takes records of invocations and dead letters, by the service in its ARN; functions are there already. */
  readonly destinations?: Readonly<Record<string, InvocationDestination>>;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly log: Log;
  /** Shared with whatever else starts environments on this machine. */
  readonly starts: StartBudget;
  /** Where durable executions are kept instead. */
  readonly openDurableStore?: NonNullable<DurableOptions["openStore"]>;
  /** Environments at most on this machine; as many as its memory bears unless given. */
  readonly mostEnvironments?: number | undefined;
  /** Bytes that environments leave available; a share of the memory unless given. */
  readonly memoryReserveBytes?: number | undefined;
  /** What `machineMemory` tells unless given. */
  readonly memory?: () => MachineMemory;
}

/** Everything that runs functions: the Invoke operation, events of other services, queued invocations. */
export interface Invoker {
  /** Operations of the Lambda service that run functions; the other half is the control plane's. */
  readonly operations: Readonly<Record<keyof typeof operations, Operation<any, any>>>;
  /** Lambda functions as targets of events. */
  readonly eventTarget: EventTargets;
  /** Begins to work on queued invocations, and makes ready what is provisioned. Called once, when all that functions may need is up. */
  start(): void;
  counts(): InvokerCounts;
  /**
   * Takes no more queued invocations and resolves when none runs or waits any more, at the latest after `deadlineMs`
   * milliseconds. Further synchronous ones are still served: what runs may call other functions.
   */
  drain(deadlineMs: number): Promise<void>;
  /** Closes what the invoker itself keeps. */
  close(): Promise<void>;
}

export interface InvokerCounts extends KeepAliveCounts {
  /** Invocations that run or wait. */
  readonly inFlight: number;
  /** Those that wait for an environment. */
  readonly waiting: number;
  readonly environments: number;
  /** Of those, the ones that come up, and the ones that run an invocation. */
  readonly starting: number;
  readonly busy: number;
  /** Environments that came up for an invocation, and invocations that were refused, since the start. */
  readonly coldStarts: number;
  readonly throttles: number;
  /** Events taken from the queue that are not settled. */
  readonly unsettledEvents: number;
}
