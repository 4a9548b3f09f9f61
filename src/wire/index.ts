export * from "./interfaces.ts";
export * from "./service.ts";
