export * from "./interfaces.ts";
export { createInvoker } from "./invoker.ts";
