import { type Clock, environmentLimits, sleep } from "../base/index.ts";
import type { ResponseReceiver } from "./interfaces.ts";

/**
 * Holds a stream to the pace of Lambda: the first bytes as fast as they come, then at a steady rate. The bucket is
 * refilled in steps, so that a wait is never shorter than one.
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html
 */
export class PacedResponse implements ResponseReceiver {
  readonly #to: ResponseReceiver;
  readonly #clock: Clock;
  /** Bytes that may go at once; below zero they were let through ahead of the time that the next ones wait for. */
  #allowance: number = environmentLimits.streamBurstBytes;
  #refilledAt: number;
  /** Everything handed on, for the invocation's account even if it fails midway. */
  bytes = 0;

  constructor(to: ResponseReceiver, clock: Clock) {
    this.#to = to;
    this.#clock = clock;
    this.#refilledAt = clock.monotonicMs();
  }

  begin(contentType: string): void {
    this.#to.begin(contentType);
  }

  write(bytes: Uint8Array): Promise<void> | undefined {
    this.bytes += bytes.length;
    this.#refill();
    this.#allowance -= bytes.length;
    const busy = this.#to.write(bytes);
    if (this.#allowance >= 0) return busy;
    const { streamBytesPerSecond, streamRefillMs } = environmentLimits;
    const steps = Math.ceil((-this.#allowance * 1_000) / streamBytesPerSecond / streamRefillMs);
    const pause = sleep(this.#clock, steps * streamRefillMs);
    return busy === undefined ? pause : Promise.all([busy, pause]).then(() => undefined);
  }

  #refill(): void {
    const { streamBurstBytes, streamBytesPerSecond, streamRefillMs } = environmentLimits;
    const steps = Math.floor((this.#clock.monotonicMs() - this.#refilledAt) / streamRefillMs);
    this.#refilledAt += steps * streamRefillMs;
    const refill = (steps * streamRefillMs * streamBytesPerSecond) / 1_000;
    this.#allowance = Math.min(this.#allowance + refill, streamBurstBytes);
  }
}
