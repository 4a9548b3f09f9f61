import {
  type Clock,
  invariant,
  type Log,
  sleep,
  storageLimits,
  type Timer,
  toError,
} from "../../base/index.ts";
import { Alarm } from "../alarm.ts";
import type { Json, Timers } from "../interfaces.ts";
import type { Store } from "../store.ts";
import type { StoredTimer, store as stateDefinition } from "./state-definition.ts";

interface Listener {
  readonly prefix: string;
  readonly callback: (key: string, payload: Json) => Promise<void>;
  /** Armings whose callback runs or waits for its next try. */
  readonly busy: Set<number>;
  /** Failures of an arming so far. */
  readonly failures: Map<number, number>;
}

/** Alarms in the `state` file, with one timer of the process for the earliest. */
export class SqliteTimers implements Timers {
  readonly #store: Store<typeof stateDefinition>;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #alarm: Alarm;
  readonly #listeners = new Map<string, Listener>();
  readonly #running = new Set<Promise<void>>();
  readonly #retries = new Set<Timer>();
  #closed = false;

  constructor(store: Store<typeof stateDefinition>, clock: Clock, log: Log) {
    this.#store = store;
    this.#clock = clock;
    this.#log = log;
    this.#alarm = new Alarm(clock, () => this.#ring());
  }

  async arm(key: string, at: number, payload: Json): Promise<void> {
    invariant(
      key !== "" && key.isWellFormed() && key.length <= storageLimits.keyCharacters,
      "a timer has a key",
    );
    invariant(Number.isFinite(at), "a timer has a time");
    await this.#store.write("arm", { key, at: Math.ceil(at), payload: JSON.stringify(payload) });
    if (!this.#closed) this.#alarm.setAtLatest(at);
  }

  async cancel(key: string): Promise<void> {
    await this.#store.write("cancel", key);
  }

  listen(prefix: string, callback: Listener["callback"]): () => void {
    for (const other of this.#listeners.keys()) {
      const overlap = other.startsWith(prefix) || prefix.startsWith(other);
      invariant(!overlap, `the timers of ${prefix} have a listener already: ${other}`);
    }
    const listener: Listener = { prefix, callback, busy: new Set(), failures: new Map() };
    this.#listeners.set(prefix, listener);
    this.#ring();
    return () => {
      if (this.#listeners.get(prefix) === listener) this.#listeners.delete(prefix);
    };
  }

  /** Waits for the callbacks that run, but not for ever: what they have not finished, the next start begins again. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#alarm.clear();
    for (const retry of this.#retries) retry.cancel();
    const finished = new AbortController();
    await Promise.race([
      Promise.all(this.#running),
      sleep(this.#clock, storageLimits.timerCallbacksCloseMs, finished.signal).then(() => {
        if (finished.signal.aborted) return;
        const busy = [...this.#listeners.values()].filter((listener) => listener.busy.size > 0);
        this.#log.warn("timer.unfinished", { listeners: busy.map(({ prefix }) => prefix) });
      }),
    ]);
    finished.abort();
  }

  #ring(): void {
    for (const listener of this.#listeners.values()) this.#track(this.#fireDue(listener));
    this.#track(this.#setAlarm());
  }

  async #setAlarm(): Promise<void> {
    const next = await this.#store.read("nextTimer", this.#clock.now());
    if (next !== undefined && !this.#closed) this.#alarm.setAtLatest(next);
  }

  async #fireDue(listener: Listener): Promise<void> {
    const limit = storageLimits.timersAtOnce - listener.busy.size;
    if (limit <= 0 || this.#closed) return;
    const due = await this.#store.read("dueTimers", {
      prefix: listener.prefix,
      now: this.#clock.now(),
      limit,
      except: [...listener.busy],
    });
    for (const timer of due) {
      if (this.#closed || this.#listeners.get(listener.prefix) !== listener) return;
      if (listener.busy.has(timer.arming) || listener.busy.size >= storageLimits.timersAtOnce) continue;
      listener.busy.add(timer.arming);
      this.#track(this.#fire(listener, timer));
    }
  }

  async #fire(listener: Listener, timer: StoredTimer): Promise<void> {
    const wasFull = listener.busy.size >= storageLimits.timersAtOnce;
    try {
      await listener.callback(timer.key, JSON.parse(timer.payload) as Json);
      await this.#store.write("fired", timer.arming);
      listener.failures.delete(timer.arming);
      listener.busy.delete(timer.arming);
      if (wasFull) this.#track(this.#fireDue(listener));
    } catch (thrown) {
      this.#fireAgain(listener, timer, toError(thrown));
    }
  }

  #fireAgain(listener: Listener, timer: StoredTimer, error: Error): void {
    const failures = (listener.failures.get(timer.arming) ?? 0) + 1;
    const delayMs = Math.min(
      storageLimits.timerRetryFirstMs * 2 ** Math.min(failures - 1, 30),
      storageLimits.timerRetryMostMs,
    );
    this.#log.error("timer.failed", { key: timer.key, failures, delayMs, error });
    if (this.#closed) return;
    listener.failures.set(timer.arming, failures);
    const retry = this.#clock.after(delayMs, () => {
      this.#retries.delete(retry);
      listener.busy.delete(timer.arming);
      const again = this.#fireDue(listener).then(() => {
        if (!listener.busy.has(timer.arming)) listener.failures.delete(timer.arming);
      });
      this.#track(again);
    });
    this.#retries.add(retry);
  }

  #track(work: Promise<void>): void {
    const tracked = work
      .catch((error: unknown) => {
        if (this.#closed) return;
        this.#log.error("timer.unreadable", { error: toError(error) });
        this.#alarm.setAtLatest(this.#clock.now() + storageLimits.timerRetryFirstMs);
      })
      .finally(() => this.#running.delete(tracked));
    this.#running.add(tracked);
  }
}
