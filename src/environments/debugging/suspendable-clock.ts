import type { Clock, Timer } from "../../base/index.ts";

interface Pending {
  dueMs: number;
  readonly callback: () => void;
  inner: Timer | undefined;
}

/** A clock whose durations and timers can stand still for a while. The wall clock goes on. */
export class SuspendableClock implements Clock {
  readonly #clock: Clock;
  readonly #pending = new Set<Pending>();
  /** What it stood still in all, and since when it does. */
  #lostMs = 0;
  #suspendedAt: number | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now();
  }

  monotonicMs(): number {
    return (this.#suspendedAt ?? this.#clock.monotonicMs()) - this.#lostMs;
  }

  after(delayMs: number, callback: () => void): Timer {
    const pending: Pending = { dueMs: this.monotonicMs() + delayMs, callback, inner: undefined };
    this.#pending.add(pending);
    if (this.#suspendedAt === undefined) this.#arm(pending);
    return {
      cancel: () => {
        this.#pending.delete(pending);
        pending.inner?.cancel();
      },
    };
  }

  suspend(): void {
    if (this.#suspendedAt !== undefined) return;
    this.#suspendedAt = this.#clock.monotonicMs();
    for (const { inner } of this.#pending) inner?.cancel();
  }

  resume(): void {
    if (this.#suspendedAt === undefined) return;
    this.#lostMs += this.#clock.monotonicMs() - this.#suspendedAt;
    this.#suspendedAt = undefined;
    for (const pending of this.#pending) this.#arm(pending);
  }

  #arm(pending: Pending): void {
    pending.inner = this.#clock.after(Math.max(0, pending.dueMs - this.monotonicMs()), () => {
      this.#pending.delete(pending);
      pending.callback();
    });
  }
}
