import type { Lease, Leases } from "../interfaces.ts";
import type { Store } from "../store.ts";
import type { store as stateDefinition } from "./state-definition.ts";

/**
 * The process that holds the data directory is the only one, so who holds a lease is memory: all are free after a
 * crash. The epochs are on disk, because they have to grow beyond it.
 */
export class SqliteLeases implements Leases {
  readonly #store: Store<typeof stateDefinition>;
  readonly #held = new Map<string, AbortController>();

  constructor(store: Store<typeof stateDefinition>) {
    this.#store = store;
  }

  async acquire(name: string): Promise<Lease | undefined> {
    if (this.#held.has(name)) return undefined;
    const holder = new AbortController();
    this.#held.set(name, holder);
    const free = (): void => {
      if (this.#held.get(name) === holder) this.#held.delete(name);
    };
    try {
      const epoch = await this.#store.write("raiseEpoch", name);
      return { epoch, lost: holder.signal, release: async () => free() };
    } catch (error) {
      free();
      throw error;
    }
  }

  /** All leases are lost. */
  close(): void {
    for (const holder of this.#held.values()) holder.abort();
    this.#held.clear();
  }
}
