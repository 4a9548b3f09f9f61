import { type Deadline, invokeLimits } from "../../base/index.ts";
import type {
  Environment,
  Invocation,
  InvocationOutcome,
  ResponseReceiver,
} from "../../environments/index.ts";
import type { ProvisionedTarget, ResolvedFunction } from "../../functions/index.ts";
import type { FunctionShare } from "./concurrency-groups.ts";
import type { Habits } from "./habits.ts";
import { IdleStack } from "./idle-stack.ts";
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

export interface Member {
  phase: Phase;
  /** Since it was given its present request; monotonic milliseconds. */
  busySince: number;
  /** Dispatches whose outcome is not known yet. */
  dispatches: number;
  /** Went away while one was under way, and holds its place until that is settled. */
  gone: boolean;
  /** Kept ready ahead of demand. */
  readonly provisioned: boolean;
  /** Made before an invocation that is expected, which did not come yet. */
  ahead: boolean;
  /** It has ended an invocation. */
  worked: boolean;
  /** When its memory was read last while it worked; monotonic milliseconds. */
  readAt: number;
  /** Told to go: at once if it was idle, after its invocation if busy. */
  retiring: boolean;
  /** Told to go while idle: its room is free in a moment. */
  leaving: boolean;
}

/** The environments of one generation of one function version and tenant, and the requests that wait for one. */
export class Pool {
  readonly key: string;
  readonly target: ResolvedFunction;
  /** Of all versions of the function. Set by whoever makes the pool. */
  share!: FunctionShare;
  /** Of all generations of the version. Set by whoever makes the pool. */
  habits!: Habits;
  /** When an environment is to be made ahead of an invocation; monotonic milliseconds. */
  warmAt: number | undefined;
  readonly waiting = new WaitingQueue<AdmittedRequest>();
  readonly members = new Map<Environment, Member>();
  /** On-demand environments on their way: from the decision to create one until it is first idle or gone. */
  starting = 0;
  /** Environments that run something. */
  busy = 0;
  busyProvisioned = 0;
  /** Superseded: nothing is admitted any more. */
  closed = false;
  /** What is to be kept ready, if anything. */
  provision: ProvisionedTarget | undefined;
  provisionFailure: string | undefined;
  /** When those that wait for busy environments have waited too long. */
  readonly heldUntil: Deadline;
  /** Not to be tried for a while. */
  provisionPaused = false;
  provisionedStarting = 0;
  readonly idle = new IdleStack();
  readonly idleProvisioned = new IdleStack();

  constructor(key: string, target: ResolvedFunction, heldUntil: Deadline) {
    this.key = key;
    this.target = target;
    this.heldUntil = heldUntil;
  }

  /** Concurrency that this pool was granted. A starting environment is for a waiting request, so they count once. */
  get granted(): number {
    return this.busy + this.idle.size + Math.max(this.waiting.size, this.starting);
  }

  /** Requests that no environment is on its way for. */
  get unserved(): number {
    return this.closed ? 0 : Math.max(0, this.waiting.size - this.starting);
  }

  /** Whether callers are among them; events can wait. */
  get urgent(): boolean {
    return this.waiting.urgent > this.starting;
  }

  /**
   * Whether more requests wait than those that are busy or on their way will serve while another one comes up. Once
   * one has waited for longer than that, one environment is wanted, and another for each such time that it goes on
   * waiting: what holds up quick ones is more often a busy machine, which starts would only make busier. There they
   * take longer, so they become rarer.
   */
  wantsEnvironment(nowMs: number): boolean {
    if (this.unserved === 0) return false;
    const each = this.#servedByEach;
    const working = this.busy + this.busyProvisioned;
    if (each === 0 || working === 0) return true;
    const heldTimes = Math.floor(this.#waitedMs(nowMs) / this.#upMs);
    return heldTimes === 0 ? this.waiting.size > (working + this.starting) * each : this.starting < heldTimes;
  }

  /** When to look again whether one is wanted. */
  wantsNoneForMs(nowMs: number): number {
    const upMs = this.#upMs;
    return Math.max(1, upMs - (this.#waitedMs(nowMs) % upMs));
  }

  #waitedMs(nowMs: number): number {
    return nowMs - (this.waiting.peek()?.admittedAt ?? nowMs);
  }

  /** How long a further environment is taken to need until it is up. */
  get #upMs(): number {
    const { upLeastMs, upMostMs } = invokeLimits;
    return Math.min(Math.max(this.habits.initMs, upLeastMs), upMostMs);
  }

  /** Requests that one environment serves in the time in which another comes up; 0 if the function is not quick. */
  get #servedByEach(): number {
    const { runMs } = this.habits;
    if (runMs === undefined || runMs > invokeLimits.quickRunMs) return 0;
    return Math.floor(this.#upMs / runMs);
  }

  get wantsProvisioned(): boolean {
    if (this.provision === undefined || this.closed || this.provisionPaused) return false;
    return this.provisionFailure === undefined && this.provisionedMissing > 0;
  }

  /** Environments that are ready ahead of demand or will be; negative if there are more than asked for. */
  get provisionedMissing(): number {
    return (this.provision?.requested ?? 0) - this.provisionedUp - this.provisionedStarting;
  }

  /** Provisioned environments that came up and are to stay. */
  get provisionedUp(): number {
    let up = 0;
    for (const { provisioned, retiring, phase } of this.members.values()) {
      if (provisioned && !retiring && phase !== "starting") up += 1;
    }
    return up;
  }

  /** Whether it holds environments of an earlier generation of the same version. */
  keptBefore({ version, tenantIsolation }: ResolvedFunction): boolean {
    const same = this.target.version === version && tenantIsolation === undefined;
    return this.closed && this.members.size > 0 && same;
  }

  get empty(): boolean {
    return (
      this.members.size === 0 &&
      this.starting === 0 &&
      this.busy === 0 &&
      this.busyProvisioned === 0 &&
      this.waiting.size === 0 &&
      this.provisionedStarting === 0 &&
      this.provision === undefined &&
      this.warmAt === undefined
    );
  }
}

/** Function version and generation. */
export function generationKey(of: {
  readonly arn: string;
  readonly version: string;
  readonly generation: string;
}): string {
  return `${of.arn}:${of.version}#${of.generation}`;
}

/** Environments of different tenants are never shared. */
export function poolKey(target: ResolvedFunction, tenantId: string | undefined): string {
  return ofTenant(generationKey(target), tenantId);
}

/** Function version and tenant, over all generations. */
export function habitsKey({ arn, version }: ResolvedFunction, tenantId: string | undefined): string {
  return ofTenant(`${arn}:${version}`, tenantId);
}

function ofTenant(key: string, tenantId: string | undefined): string {
  return tenantId === undefined ? key : `${key}@${tenantId}`;
}
