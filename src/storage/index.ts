export * from "./errors.ts";
export * from "./interfaces.ts";
export { type OpenStoreOptions, openStore } from "./sqlite/open-store.ts";
export * from "./store.ts";
