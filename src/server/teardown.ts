import type { Log } from "../base/index.ts";

/** What was built, to be taken down in the opposite order, once, however many ask. */
export class Teardown {
  readonly #log: Log;
  readonly #steps: { readonly name: string; readonly undo: () => unknown }[] = [];
  #running: Promise<void> | undefined;

  constructor(log: Log) {
    this.#log = log;
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
      try {
        await step.undo();
      } catch (error) {
        this.#log.error("could not be closed", { what: step.name, error });
      }
    }
  }
}
