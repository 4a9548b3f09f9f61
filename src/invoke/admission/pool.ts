import type {
  Environment,
  Invocation,
  InvocationOutcome,
  ResponseReceiver,
} from "../../environments/index.ts";
import type { ResolvedFunction } from "../../functions/index.ts";
import { type Lane, WaitingQueue } from "./waiting-queue.ts";

/** What an invocation came to, and which version ran it. */
export interface Completed {
  readonly outcome: InvocationOutcome;
  readonly target: ResolvedFunction;
}

/** An admitted invocation until it has its answer. */
export interface AdmittedRequest {
  target: ResolvedFunction;
  readonly invocation: Invocation;
  readonly lane: Lane;
  /** Where the response goes while it arrives. */
  readonly respondTo: ((runs: ResolvedFunction) => ResponseReceiver) | undefined;
  /** Monotonic milliseconds. */
  readonly admittedAt: number;
  /** Environments that were lost before the invocation began. */
  losses: number;
  stopWaiting?: () => void;
  readonly succeed: (completed: Completed) => void;
  readonly fail: (error: unknown) => void;
}

type Phase = "starting" | "idle" | "busy";

interface Member {
  phase: Phase;
  /** Told to go: at once if it was idle, after its invocation if busy. */
  retiring: boolean;
  /** Told to go while idle: its room is free in a moment. */
  leaving: boolean;
}

/** The environments of one generation of one function version, and the requests that wait for one. */
export class Pool {
  readonly key: string;
  readonly target: ResolvedFunction;
  /** Concurrency limits are per account and region. */
  readonly accountKey: string;
  readonly waiting = new WaitingQueue<AdmittedRequest>();
  readonly members = new Map<Environment, Member>();
  /** Environments on their way: from the decision to create one until it is idle for the first time or gone. */
  starting = 0;
  busy = 0;
  /** Superseded: nothing is admitted any more. */
  closed = false;
  readonly #idle: { readonly environment: Environment; readonly since: number }[] = [];

  constructor(target: ResolvedFunction) {
    this.key = poolKey(target);
    this.target = target;
    this.accountKey = accountKeyOf(target);
  }

  /** Concurrency that this pool was granted. A starting environment is for a waiting request, so they count once. */
  get granted(): number {
    return this.busy + this.#idle.length + Math.max(this.waiting.size, this.starting);
  }

  get wantsEnvironment(): boolean {
    return !this.closed && this.waiting.size > this.starting;
  }

  get empty(): boolean {
    return this.members.size === 0 && this.starting === 0 && this.waiting.size === 0;
  }

  get idleCount(): number {
    return this.#idle.length;
  }

  /** When the environment that has been idle longest became so. */
  get idleSince(): number | undefined {
    return this.#idle[0]?.since;
  }

  pushIdle(environment: Environment, since: number): void {
    this.#idle.push({ environment, since });
  }

  /** Last in, first out: what a falling load does not need stays at the bottom and ages. */
  popIdle(): Environment | undefined {
    return this.#idle.pop()?.environment;
  }

  takeOldestIdle(): Environment | undefined {
    return this.#idle.shift()?.environment;
  }

  removeIdle(environment: Environment): void {
    const index = this.#idle.findIndex((entry) => entry.environment === environment);
    if (index !== -1) this.#idle.splice(index, 1);
  }
}

/** Function version and generation. */
export function poolKey(of: {
  readonly arn: string;
  readonly version: string;
  readonly generation: string;
}): string {
  return `${of.arn}:${of.version}#${of.generation}`;
}

export function accountKeyOf(target: ResolvedFunction): string {
  return `${target.account}/${target.region}`;
}
