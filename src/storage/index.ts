export { type DataDirectory, type DataDirectoryOptions, openDataDirectory } from "./data-directory.ts";
export * from "./errors.ts";
export * from "./interfaces.ts";
export {
  appendOutbox,
  type OutboxEntry,
  type OutboxRow,
  outboxMigration,
  outboxReads,
  outboxWrites,
} from "./outbox.ts";
export { type OutboxRelay, type OutboxRelayOptions, type OutboxStore, relayOutbox } from "./outbox-relay.ts";
export { type OpenStoreOptions, openStore } from "./sqlite/open-store.ts";
export { openSqliteStorage, type SqliteStorageOptions } from "./sqlite/storage.ts";
export * from "./store.ts";
