/** Work that is done side by side, each with a name; what one needs of another it waits for itself. */
export class Steps {
  readonly #started = performance.now();
  readonly #begun: Promise<unknown>[] = [];
  /** By what was thrown: whoever waits for what failed fails with the same. */
  readonly #failures = new Map<unknown, string>();

  /** Begins a step, and says when it is done if that is not at once. What fails here is thrown by `done`, too. */
  begin<T>(name: string, work: () => Promise<T>): Promise<T> {
    const step = work().then(
      (result) => {
        const seconds = (performance.now() - this.#started) / 1_000;
        if (seconds >= AT_ONCE_SECONDS)
          process.stderr.write(`ok   ${name} (after ${seconds.toFixed(1)} s)\n`);
        return result;
      },
      (error: unknown) => {
        if (!this.#failures.has(error)) this.#failures.set(error, name);
        throw error;
      },
    );
    step.catch(() => undefined);
    this.#begun.push(step);
    return step;
  }

  /** Waits for all steps; throws with what went wrong, each by its name. */
  async done(): Promise<void> {
    await Promise.allSettled(this.#begun);
    if (this.#failures.size === 0) return;
    throw new Error([...this.#failures].map(([error, name]) => `${name}: ${String(error)}`).join("\n"));
  }
}

/** Everything that was there already comes within it. */
const AT_ONCE_SECONDS = 5;
