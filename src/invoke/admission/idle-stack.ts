import type { Environment } from "../../environments/index.ts";

/** Idle environments, the one that became so last on top: what a falling load does not need sinks and ages. */
export class IdleStack {
  readonly #entries: { readonly environment: Environment; readonly since: number }[] = [];

  get size(): number {
    return this.#entries.length;
  }

  /** When the environment that has been idle longest became so, in monotonic milliseconds. */
  get oldestSince(): number | undefined {
    return this.#entries[0]?.since;
  }

  get oldest(): Environment | undefined {
    return this.#entries[0]?.environment;
  }

  push(environment: Environment, since: number): void {
    this.#entries.push({ environment, since });
  }

  /** The host may be taking an environment down and not have said so yet; such a one is passed over. */
  pop(): Environment | undefined {
    for (let entry = this.#entries.pop(); entry !== undefined; entry = this.#entries.pop()) {
      if (entry.environment.idle) return entry.environment;
    }
    return undefined;
  }

  takeOldest(): Environment | undefined {
    return this.#entries.shift()?.environment;
  }

  remove(environment: Environment): void {
    const index = this.#entries.findIndex((entry) => entry.environment === environment);
    if (index !== -1) this.#entries.splice(index, 1);
  }

  clear(): void {
    this.#entries.length = 0;
  }
}
