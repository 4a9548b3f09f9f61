export { openDataDirectory } from "./data-directory.ts";
export { DATA_FORMAT, FORMAT_STEPS } from "./data-format.ts";
export * from "./errors.ts";
export * from "./interfaces.ts";
export { appendOutbox, type OutboxRow, outboxMigration, outboxReads, outboxWrites } from "./outbox.ts";
export { type OutboxStore, relayOutbox } from "./outbox-relay.ts";
export { openStore } from "./sqlite/open-store.ts";
export { openSqliteStorage } from "./sqlite/storage.ts";
export * from "./store.ts";
