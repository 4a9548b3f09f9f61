import type { Clock, Log, Randomness } from "../../base/index.ts";
import type { Store } from "../../storage/index.ts";
import type { Input } from "./request.ts";
import type { DynamoDbStoreDefinition } from "./store/store.ts";
import { withoutEffect } from "./table-settings.ts";

/** What the operations share. */
export interface DynamoDb {
  readonly store: Store<DynamoDbStoreDefinition>;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly log: Log;
}

/** Settings of a table that are kept but do nothing are said, so that nobody waits for their effect. */
export function sayWithoutEffect({ log }: DynamoDb, table: string, input: Input): void {
  const settings = withoutEffect(input);
  if (settings.length > 0) log.warn("settings without effect", { table, settings });
}
