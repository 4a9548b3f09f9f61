import { type Log, type Randomness, toError } from "../../base/index.ts";
import type { Store } from "../../storage/index.ts";
import type { DynamoDbStoreDefinition } from "./store/store.ts";

/** Runs the store's background steps one after the other while there are any. */
export class Background {
  readonly #store: Store<DynamoDbStoreDefinition>;
  readonly #randomness: Randomness;
  readonly #log: Log;
  readonly #stopListening: () => void;
  #running: Promise<void> | undefined;
  #again = false;
  #closed = false;

  constructor(store: Store<DynamoDbStoreDefinition>, randomness: Randomness, log: Log) {
    this.#store = store;
    this.#randomness = randomness;
    this.#log = log;
    this.#stopListening = store.listen("background", () => this.wake());
  }

  wake(): void {
    this.#again = true;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
  }

  async #run(): Promise<void> {
    while (this.#again && !this.#closed) {
      this.#again = false;
      try {
        const left = await this.#store.write("backgroundStep", { revision: this.#randomness.uuid() });
        if (left === "more") this.#again = true;
      } catch (thrown) {
        // The step is still in the file; the next start or change takes it up again.
        this.#log.error("dynamodb background step failed", { error: toError(thrown) });
        return;
      }
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#stopListening();
    await this.#running;
  }
}
