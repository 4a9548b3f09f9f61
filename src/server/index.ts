export { findRuntimes, installRuntime } from "../runtimes/index.ts";
export { type Diagnosis, diagnose } from "./diagnose.ts";
export type { RunningServer, ServerOptions } from "./options.ts";
export { startServer } from "./start.ts";
export { backUpStopped, resetDataDirectory, restoreBackup } from "./stopped-data.ts";
