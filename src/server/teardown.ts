import { type Clock, type Log, serverLimits, type Timer } from "../base/index.ts";

/** What was built, to be taken down in the opposite order, once, however many ask. */
export class Teardown {
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #steps: { readonly name: string; readonly undo: () => unknown }[] = [];
  #running: Promise<void> | undefined;

  constructor(log: Log, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  add(name: string, undo: () => unknown): void {
    this.#steps.push({ name, undo });
  }

  run(): Promise<void> {
    this.#running ??= this.#unwind();
    return this.#running;
  }

  async #unwind(): Promise<void> {
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      const watch = this.#watch(step.name);
      try {
        await step.undo();
      } catch (error) {
        this.#log.error("could not be closed", { what: step.name, error });
      } finally {
        watch.cancel();
      }
    }
  }

  /** A server that does not come to its end says again and again what holds it up. */
  #watch(what: string): Timer {
    const startedMs = this.#clock.monotonicMs();
    let timer: Timer;
    const arm = (): void => {
      timer = this.#clock.after(serverLimits.closeSlowMs, () => {
        const seconds = Math.round((this.#clock.monotonicMs() - startedMs) / 1_000);
        this.#log.warn("is still being closed", { what, seconds });
        arm();
      });
    };
    arm();
    return { cancel: () => timer.cancel() };
  }
}
