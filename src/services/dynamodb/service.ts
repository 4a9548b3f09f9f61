import type { Clock, Randomness } from "../../base/index.ts";
import type { Store } from "../../storage/index.ts";
import type { DynamoDbStoreDefinition } from "./store/store.ts";

/** What the operations share. */
export interface DynamoDb {
  readonly store: Store<DynamoDbStoreDefinition>;
  readonly clock: Clock;
  readonly randomness: Randomness;
}
