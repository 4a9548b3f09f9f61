export { createEnvironmentHost, type EnvironmentHostOptions } from "./host.ts";
export * from "./interfaces.ts";
export * from "./sandbox/index.ts";
export { StartBudget, type StartKind, startsOfThisMachine } from "./start-budget.ts";
