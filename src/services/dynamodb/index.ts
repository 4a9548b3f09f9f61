import { mkdir } from "node:fs/promises";
import path from "node:path";
import type { Clock, Log, Randomness } from "../../base/index.ts";
import { openStore, StorageError } from "../../storage/index.ts";
import { bindOperations, type Operation, type Service } from "../../wire/index.ts";
import { Background } from "./background.ts";
import { fail } from "./errors.ts";
import { operations } from "./operations/index.ts";
import type { DynamoDbStoreDefinition } from "./store/store.ts";

export interface DynamoDbService {
  readonly service: Service;
  /** Settles what runs and closes the file. */
  close(): Promise<void>;
}

/** DynamoDB tables and items in one SQLite file of `directory`, with a thread of their own. */
export async function createDynamoDb(options: {
  readonly directory: string;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly log: Log;
}): Promise<DynamoDbService> {
  const { directory, clock, randomness, log } = options;
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const store = await openStore<DynamoDbStoreDefinition>({
    module: new URL("./store/store.ts", import.meta.url),
    file: path.join(directory, "dynamodb.sqlite"),
  });
  const background = new Background(store, randomness, log);
  background.wake();
  return {
    service: {
      name: "dynamodb",
      bodies: "plain",
      operations: answeringOverload(bindOperations({ store, clock, randomness, log }, operations)),
    },
    async close() {
      await background.close();
      await store.close();
    },
  };
}

/** When too many requests wait for the store, the caller is told to slow down, which clients know how to do. */
function answeringOverload(table: Service["operations"]): Service["operations"] {
  const answering =
    (operation: Operation<unknown, unknown>): Operation<unknown, unknown> =>
    async (input, context) => {
      try {
        return await operation(input, context);
      } catch (error) {
        throw error instanceof StorageError && error.code === "busy" ? fail("RequestLimitExceeded") : error;
      }
    };
  return Object.fromEntries(Object.entries(table).map(([name, operation]) => [name, answering(operation)]));
}
