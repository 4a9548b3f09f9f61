import type { Clock, Timer } from "../src/base/index.ts";
import type { Json, Timers } from "../src/storage/index.ts";

/** Timers in memory on a clock that the test moves. */
export class MemoryTimers implements Timers {
  readonly #clock: Clock;
  readonly #armed = new Map<string, { readonly timer: Timer; readonly at: number; readonly payload: Json }>();
  readonly #listeners = new Map<string, (key: string, payload: Json) => Promise<void>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async arm(key: string, at: number, payload: Json): Promise<void> {
    await this.cancel(key);
    const timer = this.#clock.after(Math.max(at - this.#clock.now(), 0), () => this.#fire(key));
    this.#armed.set(key, { timer, at, payload });
  }

  async cancel(key: string): Promise<void> {
    this.#armed.get(key)?.timer.cancel();
    this.#armed.delete(key);
  }

  listen(prefix: string, callback: (key: string, payload: Json) => Promise<void>): () => void {
    this.#listeners.set(prefix, callback);
    for (const [key, { at }] of this.#armed) {
      if (key.startsWith(prefix) && at <= this.#clock.now()) this.#fire(key);
    }
    return () => {
      if (this.#listeners.get(prefix) === callback) this.#listeners.delete(prefix);
    };
  }

  /** Without a listener it stays armed, and fires when there is one. */
  #fire(key: string): void {
    for (const [prefix, callback] of this.#listeners) {
      if (!key.startsWith(prefix)) continue;
      const payload = this.#armed.get(key)?.payload ?? null;
      this.#armed.delete(key);
      void callback(key, payload);
    }
  }
}
