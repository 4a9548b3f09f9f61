import { type Clock, keepAliveLimits, type Log, type Timer, toError } from "../../base/index.ts";
import type { StateStore } from "../../storage/index.ts";
import type { HabitsRecord } from "./habits.ts";

const ALL = "-/-/habits/";

/** What is remembered of one function version. */
type Kept = HabitsRecord & { readonly savedAt: number };

interface Remembered {
  record(): HabitsRecord;
}

/**
 * Keeps habits over restarts: what changed is written from time to time, off every request's path, and a server that is
 * killed loses what it learned in the last minute.
 */
export class KeptHabits {
  readonly #state: Pick<StateStore, "put" | "list" | "delete">;
  readonly #clock: Clock;
  readonly #log: Log;
  /** Those that changed longest ago first. */
  readonly #changed = new Map<string, Remembered>();
  #timer: Timer | undefined;
  #saving: Promise<void> = Promise.resolve();

  constructor(state: Pick<StateStore, "put" | "list" | "delete">, clock: Clock, log: Log) {
    this.#state = state;
    this.#clock = clock;
    this.#log = log;
  }

  /** Gives what earlier runs learned, with how long the functions have been idle by now; forgets what is old. */
  async recall(learn: (key: string, record: HabitsRecord) => void): Promise<void> {
    const now = this.#clock.now();
    let cursor: string | undefined;
    do {
      const page = await this.#state.list(ALL, cursor === undefined ? {} : { cursor });
      for (const { key, value } of page.entries) {
        const { savedAt, ...record } = value as unknown as Kept;
        const awayMs = Math.max(0, now - savedAt);
        if (awayMs > keepAliveLimits.forgetMs) await this.#state.delete(key);
        else learn(decodeURIComponent(key.slice(ALL.length)), { ...record, idleMs: record.idleMs + awayMs });
      }
      ({ cursor } = page);
    } while (cursor !== undefined);
  }

  /** Some time from now it is written. */
  changed(key: string, habits: Remembered): void {
    if (this.#changed.has(key)) return;
    this.#changed.set(key, habits);
    this.#timer ??= this.#clock.after(keepAliveLimits.saveMs, () => {
      this.#timer = undefined;
      this.#saving = this.#save(keepAliveLimits.savesAtOnce);
    });
  }

  async #save(most: number): Promise<void> {
    const saved = [...this.#changed].slice(0, most);
    for (const [key] of saved) this.#changed.delete(key);
    const savedAt = this.#clock.now();
    try {
      await Promise.all(
        saved.map(([key, habits]) =>
          this.#state.put(ALL + encodeURIComponent(key), { ...habits.record(), savedAt } satisfies Kept),
        ),
      );
    } catch (error) {
      this.#log.warn("the habits of functions could not be kept", { error: toError(error) });
    }
    const [next] = this.#changed;
    if (next === undefined || this.#timer !== undefined) return;
    this.#changed.delete(next[0]);
    this.changed(...next);
  }

  async close(): Promise<void> {
    this.#timer?.cancel();
    await this.#saving;
    await this.#save(this.#changed.size);
  }
}
