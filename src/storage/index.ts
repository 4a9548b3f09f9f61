export * from "./interfaces.ts";
export * from "./store.ts";
