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

export interface EnvironmentPoolOptions {
  readonly tier: SandboxTier;
  readonly clock: Clock;
  readonly randomness: Pick<Randomness, "uuid">;
  readonly log: Log;
  /** Shared with the environments that requests wait for. */
  readonly starts: StartBudget;
  readonly memory?: () => MachineMemory;
}

interface Kind {
  readonly key: PoolKey;
  readonly demand: Demand;
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
  #sweep: Timer | undefined;
  #closed = false;

  constructor(options: EnvironmentPoolOptions) {
    this.#options = options;
    options.starts.onRequestDone(() => this.#refillSoon());
  }

  waiting(runtime?: string): number {
    let count = 0;
    for (const { key, waiting } of this.#kinds.values()) {
      if (runtime === undefined || key.runtime.identifier === runtime) count += waiting.length;
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
    this.#refillSoon();
    if (!kind.demand.grants(functionArn, kind.waiting.length, nowMs)) return undefined;
    const taken = kind.waiting.pop();
    if (taken !== undefined) this.#all.delete(taken);
    return taken;
  }

  #kind(key: PoolKey): Kind {
    let kind = this.#kinds.get(key.name);
    if (kind === undefined) {
      kind = { key, demand: new Demand(), waiting: [], starting: 0 };
      this.#kinds.set(key.name, kind);
    }
    return kind;
  }

  #refillSoon(delayMs: number = poolLimits.refillDelayMs): void {
    if (this.#closed || this.#timer !== undefined) return;
    this.#timer = this.#options.clock.after(delayMs, () => {
      this.#timer = undefined;
      this.#refill();
    });
  }

  #refill(): void {
    if (this.#closed) return;
    const nowMs = this.#options.clock.monotonicMs();
    const room = roomFor((this.#options.memory ?? machineMemory)(), this.#all.size);
    this.#trim(nowMs, room);
    const wanting = [...this.#kinds.values()]
      .map((kind) => ({ kind, missing: kind.demand.target(nowMs) - kind.waiting.length - kind.starting }))
      .filter(({ missing }) => missing > 0)
      .sort((a, b) => b.missing - a.missing);
    for (const { kind } of wanting) {
      if (this.#all.size >= room) break;
      const release = this.#options.starts.takeSpare();
      if (release === undefined) break;
      this.#start(kind, release);
    }
    this.#sweepLater();
  }

  #start(kind: Kind, release: () => void): void {
    const { tier, randomness, log } = this.#options;
    kind.starting += 1;
    const sandbox: PooledSandbox = new PooledSandbox(randomness.uuid(), kind.key, tier, () => {
      const at = kind.waiting.indexOf(sandbox);
      if (at >= 0) kind.waiting.splice(at, 1);
      this.#discard(sandbox);
    });
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
      while (kind.waiting.length > 0 && (kind.waiting.length > target || this.#all.size > room)) {
        const oldest = kind.waiting.shift();
        if (oldest !== undefined) this.#discard(oldest);
      }
      if (target === 0 && kind.waiting.length === 0 && kind.starting === 0) this.#kinds.delete(name);
    }
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
    await Promise.all(this.#destroying);
  }
}
