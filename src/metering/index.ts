export * from "./interfaces.ts";
