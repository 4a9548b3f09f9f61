import type { Readable } from "node:stream";
import { type Clock, environmentLimits, type Timer } from "../base/index.ts";
import type { OutputTurn } from "./output-turn.ts";

/**
 * Holds what the processes of one environment write to a pace. Beyond it their pipes are not read for a while, so that
 * a function which prints without end waits for its own output, as it does for a slow terminal, and nothing is lost.
 * The pace is what a log stream of CloudWatch was good for: five requests of 1 MiB a second.
 */
export class OutputPace {
  readonly #clock: Clock;
  /** Bytes that may be read at once; below zero they were read ahead of the time that the next ones wait for. */
  #allowance: number = environmentLimits.outputBurstBytes;
  #refilledAt: number;
  #lifted = false;
  readonly #held = new Set<Readable>();
  #timer: Timer | undefined;
  readonly #turn: OutputTurn | undefined;
  #awaitsTurn = false;

  /** `turn` is what it shares with other environments. */
  constructor(clock: Clock, turn?: OutputTurn) {
    this.#clock = clock;
    this.#turn = turn;
    this.#refilledAt = clock.monotonicMs();
  }

  /** Notes what was read, in bytes and log events, and stops reading where that was too much. */
  read(from: Readable, bytes: number, events: number): void {
    this.#refill();
    const counted = Math.max(bytes, events * environmentLimits.outputEventLeastBytes);
    this.#allowance -= counted;
    const inTurn = this.#turn?.read(counted) ?? true;
    if (this.#lifted || (inTurn && this.#allowance >= 0)) return;
    from.pause();
    this.#held.add(from);
    if (this.#allowance >= 0) this.#awaitTurn();
    else {
      this.#timer ??= this.#clock.after(this.#waitMs(), () => {
        this.#timer = undefined;
        this.#resume();
      });
    }
  }

  #awaitTurn(): void {
    if (this.#awaitsTurn) return;
    this.#awaitsTurn = true;
    this.#turn?.next(() => {
      this.#awaitsTurn = false;
      if (this.#timer === undefined) this.#resume();
    });
  }

  /** Reads at once what is in the pipes until `restore`; it counts all the same. Gives whether any was not read. */
  lift(): boolean {
    this.#lifted = true;
    if (this.#held.size === 0) return false;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#resume();
    return true;
  }

  restore(): void {
    this.#lifted = false;
  }

  #resume(): void {
    const held = [...this.#held];
    this.#held.clear();
    for (const stream of held) stream.resume();
  }

  #waitMs(): number {
    const { outputBytesPerSecond, outputRefillMs } = environmentLimits;
    const steps = Math.ceil((-this.#allowance * 1_000) / outputBytesPerSecond / outputRefillMs);
    return steps * outputRefillMs;
  }

  #refill(): void {
    const { outputBurstBytes, outputBytesPerSecond } = environmentLimits;
    const now = this.#clock.monotonicMs();
    const refill = ((now - this.#refilledAt) * outputBytesPerSecond) / 1_000;
    this.#refilledAt = now;
    this.#allowance = Math.min(this.#allowance + refill, outputBurstBytes);
  }
}
