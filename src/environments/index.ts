export { createEnvironmentHost, type EnvironmentHostOptions } from "./host.ts";
export * from "./interfaces.ts";
export * from "./sandbox/index.ts";
