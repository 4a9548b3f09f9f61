import {
  type Clock,
  type Log,
  type MachineMemory,
  machineMemory,
  poolLimits,
  type Randomness,
  type Timer,
} from "../../base/index.ts";
import type { SandboxTier } from "../sandbox/index.ts";
import type { StartBudget } from "../start-budget.ts";
import { Demand, roomFor } from "./demand.ts";
import type { PoolKey } from "./pool-key.ts";
import { PooledSandbox } from "./pooled-sandbox.ts";
import { RefillPace } from "./refill-pace.ts";
import { Zygotes } from "./zygotes.ts";

export interface EnvironmentPoolOptions {
  readonly tier: SandboxTier;
  readonly clock: Clock;
  readonly randomness: Pick<Randomness, "uuid">;
  readonly log: Log;
  /** Shared with the environments that requests wait for. */
  readonly starts: StartBudget;
  /** Fork interpreters that can be forked; otherwise each is started. */
  readonly forks?: boolean;
  readonly memory?: () => MachineMemory;
}

interface Kind {
  readonly key: PoolKey;
  readonly demand: Demand;
  readonly pace: RefillPace;
  /** Oldest first. */
  readonly waiting: PooledSandbox[];
  starting: number;
}

/** Sandboxes that wait for functions. Empty until a function could use one, and filled off the request path. */
export class EnvironmentPool {
  readonly #options: EnvironmentPoolOptions;
  readonly #kinds = new Map<string, Kind>();
  /** Everything that was not given away, whatever its state. */
  readonly #all = new Set<PooledSandbox>();
  #timer: Timer | undefined;
  #timerAtMs = 0;
  #sweep: Timer | undefined;
  #closed = false;
  readonly #zygotes: Zygotes | undefined;

  constructor(options: EnvironmentPoolOptions) {
    const { tier, randomness, log, forks } = options;
    this.#options = options;
    options.starts.onRequestDone(() => this.#refillSoon());
    this.#zygotes = forks === true ? new Zygotes(tier, randomness, log) : undefined;
  }

  /** Those without a process count only for runtimes whose interpreter does not wait. */
  waiting(runtime?: string): number {
    let count = 0;
    for (const { key, waiting } of this.#kinds.values()) {
      if (runtime !== undefined && key.runtime.identifier !== runtime) continue;
      if (key.waits === "interpreter" || !key.runtime.waits) count += waiting.length;
    }
    return count;
  }

  /** Says that a function exists which could use such a sandbox. */
  expect(key: PoolKey): void {
    this.#kind(key).demand.wanted(this.#options.clock.monotonicMs());
    this.#refillSoon();
  }

  /** A sandbox for a function; undefined if none waits, or it is another function's turn. */
  take(key: PoolKey, functionArn: string): PooledSandbox | undefined {
    if (this.#closed) return undefined;
    const kind = this.#kind(key);
    const nowMs = this.#options.clock.monotonicMs();
    kind.demand.wanted(nowMs);
    const granted = kind.demand.grants(functionArn, kind.waiting.length, nowMs);
    const taken = granted ? kind.waiting.pop() : undefined;
    if (taken !== undefined) this.#all.delete(taken);
    for (const { pace, waiting, demand } of this.#kinds.values()) {
      pace.wanted(waiting.length, demand.target(nowMs), nowMs);
    }
    this.#refillSoon();
    return taken;
  }

  #kind(key: PoolKey): Kind {
    let kind = this.#kinds.get(key.name);
    if (kind === undefined) {
      kind = { key, demand: new Demand(), pace: new RefillPace(), waiting: [], starting: 0 };
      this.#kinds.set(key.name, kind);
    }
    return kind;
  }

  #refillSoon(delayMs: number = poolLimits.refillDelayMs): void {
    if (this.#closed) return;
    const { clock } = this.#options;
    const atMs = clock.monotonicMs() + delayMs;
    if (this.#timer !== undefined && this.#timerAtMs <= atMs) return;
    this.#timer?.cancel();
    this.#timerAtMs = atMs;
    this.#timer = clock.after(delayMs, () => {
      this.#timer = undefined;
      this.#refill();
    });
  }

  #refill(): void {
    if (this.#closed) return;
    const nowMs = this.#options.clock.monotonicMs();
    const wanting = [...this.#kinds.values()]
      .map((kind) => ({ kind, missing: this.#wanted(kind, nowMs) - kind.waiting.length - kind.starting }))
      .filter(({ missing }) => missing > 0)
      .sort((a, b) => b.missing - a.missing);
    const due = wanting.filter(({ kind }) => kind.pace.leftMs(nowMs) === 0);
    if (due.length < wanting.length) {
      const left = wanting.map(({ kind }) => kind.pace.leftMs(nowMs)).filter((leftMs) => leftMs > 0);
      this.#refillSoon(Math.min(...left));
      if (due.length === 0) return;
    }
    const room = roomFor((this.#options.memory ?? machineMemory)(), this.#size());
    this.#trim(nowMs, room);
    for (const { kind } of due) {
      if (this.#size() >= room) break;
      const release = this.#options.starts.takeSpare();
      if (release === undefined) break;
      this.#start(kind, release);
    }
    this.#sweepLater();
  }

  /** An interpreter that rehearses takes far more CPU than one that is started for a request. */
  #wanted({ key, demand }: Kind, nowMs: number): number {
    const rehearses = key.waits === "interpreter" && this.#zygotes?.serves(key.runtime) !== true;
    return demand.target(nowMs, rehearses && this.#options.starts.requested);
  }

  /** What waits, in sandboxes with an interpreter of their own. */
  #size(): number {
    let size = 0;
    for (const { key } of this.#all) {
      if (key.waits === "cell") size += poolLimits.cellShare;
      else size += this.#zygotes?.serves(key.runtime) === true ? poolLimits.forkedShare : 1;
    }
    return size;
  }

  #start(kind: Kind, release: () => void): void {
    const { tier, randomness, log } = this.#options;
    const zygotes = this.#zygotes;
    kind.starting += 1;
    const sandbox: PooledSandbox = new PooledSandbox(
      randomness.uuid(),
      kind.key,
      { tier, ...(zygotes === undefined ? {} : { zygotes }) },
      () => {
        const at = kind.waiting.indexOf(sandbox);
        if (at >= 0) kind.waiting.splice(at, 1);
        this.#discard(sandbox);
      },
    );
    this.#all.add(sandbox);
    sandbox.ready.then(
      () => {
        kind.starting -= 1;
        release();
        if (this.#closed || sandbox.broken) this.#discard(sandbox);
        else kind.waiting.push(sandbox);
        this.#refillSoon(0);
      },
      (error: unknown) => {
        kind.starting -= 1;
        release();
        log.warn("a pooled sandbox did not come up", { kind: kind.key.name, error });
        this.#refillSoon(poolLimits.retryMs);
      },
    );
  }

  /** Lets go what is more than wanted, or than there is room for. */
  #trim(nowMs: number, room: number): void {
    for (const [name, kind] of this.#kinds) {
      const target = kind.demand.target(nowMs);
      while (kind.waiting.length > 0 && (kind.waiting.length > target || this.#size() > room)) {
        const oldest = kind.waiting.shift();
        if (oldest !== undefined) this.#discard(oldest);
      }
      if (target === 0 && kind.waiting.length === 0 && kind.starting === 0) this.#kinds.delete(name);
    }
    this.#zygotes?.keep([...this.#kinds.values()].map(({ key }) => key.runtime));
  }

  #discard(sandbox: PooledSandbox): void {
    if (!this.#all.delete(sandbox)) return;
    this.#destroying.add(
      sandbox.destroy().catch((error: unknown) => {
        this.#options.log.error("a pooled sandbox could not be destroyed", { error });
      }),
    );
  }

  readonly #destroying = new Set<Promise<void>>();

  #sweepLater(): void {
    if (this.#sweep !== undefined || this.#kinds.size === 0) return;
    this.#sweep = this.#options.clock.after(poolLimits.sweepMs, () => {
      this.#sweep = undefined;
      this.#refill();
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    this.#sweep?.cancel();
    for (const sandbox of [...this.#all]) this.#discard(sandbox);
    await Promise.all([...this.#destroying, this.#zygotes?.close()]);
  }
}
