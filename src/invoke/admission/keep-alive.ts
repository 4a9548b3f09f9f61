import { type Clock, keepAliveLimits, type MachineMemory, type Timer } from "../../base/index.ts";
import type { Environment } from "../../environments/index.ts";
import { Habits } from "./habits.ts";
import type { KeptHabits } from "./kept-habits.ts";
import type { Pool } from "./pool.ts";

const MIB = 1024 * 1024;

/** What became of idle environments since the start. */
export interface KeepAliveCounts {
  /** Environments that went because nobody wanted them any more. */
  readonly idleEnded: number;
  /** And because memory, or room on the machine, was short. */
  readonly idleEvicted: number;
  /** Environments that were made ahead of an invocation that was expected, and those of them that it came to. */
  readonly warmedAhead: number;
  readonly warmedAheadUsed: number;
}

export interface KeepAliveOptions {
  readonly clock: Clock;
  readonly memory: () => MachineMemory;
  /** Where habits outlive the server. */
  readonly keptHabits?: KeptHabits;
}

export interface KeepAliveListener {
  /** All that hold environments, or are to get one. */
  pools(): Iterable<Pool>;
  /** It was taken from the idle ones and has to go. */
  onUnwanted(pool: Pool, environment: Environment): void;
  /** The pool's next invocation is expected, and it has no environment. */
  onExpected(pool: Pool): void;
  /** It is not expected any more. */
  onGivenUp(pool: Pool): void;
}

/** Decides which idle environments go, and when a function gets one before it is invoked. */
export class KeepAlive {
  readonly #clock: Clock;
  readonly #memory: () => MachineMemory;
  readonly #listener: KeepAliveListener;
  /** By function version and tenant; those used longest ago first. */
  readonly #habits = new Map<string, Habits>();
  #sweeping: Timer | undefined;
  #idleEnded = 0;
  #idleEvicted = 0;
  #warmedAhead = 0;
  #warmedAheadUsed = 0;

  readonly #kept: KeptHabits | undefined;

  constructor({ clock, memory, keptHabits }: KeepAliveOptions, listener: KeepAliveListener) {
    this.#kept = keptHabits;
    this.#clock = clock;
    this.#memory = memory;
    this.#listener = listener;
  }

  counts(): KeepAliveCounts {
    return {
      idleEnded: this.#idleEnded,
      idleEvicted: this.#idleEvicted,
      warmedAhead: this.#warmedAhead,
      warmedAheadUsed: this.#warmedAheadUsed,
    };
  }

  /** Learns what earlier runs of the server knew. */
  async recall(): Promise<void> {
    await this.#kept?.recall((key, record) => this.habitsOf(key).recall(record));
  }

  /** What is known of a function version; outlives its environments and generations. */
  habitsOf(key: string): Habits {
    const kept = this.#kept;
    const habits = this.#habits.get(key) ?? new Habits(this.#clock, (changed) => kept?.changed(key, changed));
    this.#habits.delete(key);
    this.#habits.set(key, habits);
    if (this.#habits.size > keepAliveLimits.functions) {
      const [oldest] = this.#habits.keys();
      if (oldest !== undefined) this.#habits.delete(oldest);
    }
    return habits;
  }

  countWarmed(used: boolean): void {
    if (used) this.#warmedAheadUsed += 1;
    else this.#warmedAhead += 1;
  }

  /** There is something to look after. */
  watch(): void {
    this.#sweeping ??= this.#clock.after(keepAliveLimits.sweepMs, () => {
      this.#sweeping = undefined;
      this.#sweep();
    });
  }

  /** There is nothing any more. */
  rest(): void {
    this.#sweeping?.cancel();
    this.#sweeping = undefined;
  }

  #sweep(): void {
    const nowMs = this.#clock.monotonicMs();
    let watched = false;
    for (const pool of [...this.#listener.pools()]) {
      this.#endUnwanted(pool, nowMs);
      if (pool.warmAt !== undefined && nowMs >= pool.warmAt) this.#warm(pool, nowMs);
      if (pool.members.size > 0 || pool.warmAt !== undefined) watched = true;
    }
    this.#relieve();
    if (watched) this.watch();
  }

  #endUnwanted(pool: Pool, nowMs: number): void {
    const { idle, habits } = pool;
    let { oldestSince } = idle;
    while (oldestSince !== undefined && habits.keepUntil(oldestSince) <= nowMs) {
      // A function that is debugged has one environment.
      if (idle.oldest?.debugged === true) return;
      const environment = idle.takeOldest();
      if (environment !== undefined) {
        this.#idleEnded += 1;
        this.#listener.onUnwanted(pool, environment);
      }
      ({ oldestSince } = idle);
      const { warmAt } = habits;
      if (oldestSince === undefined && warmAt !== undefined && warmAt > nowMs) pool.warmAt = warmAt;
    }
  }

  #warm(pool: Pool, nowMs: number): void {
    pool.warmAt = undefined;
    const until = pool.habits.warmUntil;
    if (until !== undefined && until > nowMs && this.#short(keepAliveLimits.pressureShare) === 0)
      this.#listener.onExpected(pool);
    else this.#listener.onGivenUp(pool);
  }

  /** Bytes that are missing for this share of the memory to be available. */
  #short(share: number): number {
    const { totalBytes, availableBytes } = this.#memory();
    return Math.max(0, totalBytes * share - availableBytes);
  }

  /** Under memory pressure the least valuable environments go, as many as give back what is missing. */
  #relieve(): void {
    let short = this.#short(keepAliveLimits.pressureShare);
    const leastIdleMs = this.#short(keepAliveLimits.emergencyShare) > 0 ? 0 : keepAliveLimits.pressureIdleMs;
    for (let gone = 0; short > 0 && gone < keepAliveLimits.pressureRetiresAtOnce; gone += 1) {
      const freedMiB = this.evict(this.#listener.pools(), leastIdleMs);
      if (freedMiB === undefined) return;
      short -= freedMiB * MIB;
    }
  }

  /** Lets environments go that give back so much memory, one at least, as far as there are idle ones. */
  makeRoom(missingMiB: number): void {
    let freedMiB = 0;
    for (let gone = 0; gone < keepAliveLimits.pressureRetiresAtOnce; gone += 1) {
      freedMiB += this.evict(this.#listener.pools()) ?? Number.POSITIVE_INFINITY;
      if (freedMiB >= missingMiB) return;
    }
  }

  /**
   * Lets the least valuable of the environments go that have been idle for `leastIdleMs`; the MiB that it gives back,
   * undefined if there is none.
   */
  evict(among: Iterable<Pool>, leastIdleMs = 0): number | undefined {
    const before = this.#clock.monotonicMs() - leastIdleMs;
    let least: Pool | undefined;
    let worth = Number.POSITIVE_INFINITY;
    for (const pool of among) {
      // The one that has been idle longest is the least likely to be used again.
      const { oldest, oldestSince, size } = pool.idle;
      if (oldest === undefined || oldestSince === undefined || oldestSince > before) continue;
      if (oldest.debugged) continue;
      const value = pool.habits.value(oldestSince, size - 1, oldest.memoryMiB);
      if (value >= worth) continue;
      least = pool;
      worth = value;
    }
    const environment = least?.idle.takeOldest();
    if (least === undefined || environment === undefined) return undefined;
    this.#idleEvicted += 1;
    this.#listener.onUnwanted(least, environment);
    return environment.memoryMiB > 0 ? environment.memoryMiB : keepAliveLimits.environmentMiB;
  }
}
