import { type Clock, type Log, logsLimits, type Timer } from "../../base/index.ts";
import type { Store } from "../../storage/index.ts";
import type { LogStore } from "./store.ts";

/** Deletes events that are older than their group keeps them, in small pieces, while the store is open. */
export class Retention {
  readonly #store: () => Promise<Store<LogStore>> | undefined;
  readonly #clock: Clock;
  readonly #log: Log;
  #timer: Timer | undefined;
  #stopped = false;

  constructor(options: {
    readonly store: () => Promise<Store<LogStore>> | undefined;
    readonly clock: Clock;
    readonly log: Log;
  }) {
    this.#store = options.store;
    this.#clock = options.clock;
    this.#log = options.log;
    this.#wait(logsLimits.retentionSweepMs);
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  #wait(delayMs: number): void {
    if (this.#stopped) return;
    this.#timer = this.#clock.after(delayMs, () => void this.#sweep());
  }

  async #sweep(): Promise<void> {
    let deleted = 0;
    try {
      const store = await this.#store();
      deleted =
        (await store?.write("expire", { now: this.#clock.now(), most: logsLimits.retentionSweepEvents })) ??
        0;
    } catch (error) {
      this.#log.error("expired log events could not be deleted", { error });
    }
    this.#wait(deleted < logsLimits.retentionSweepEvents ? logsLimits.retentionSweepMs : logsLimits.flushMs);
  }
}
