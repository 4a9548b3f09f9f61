export {
  type CodeLocation,
  createFunctions,
  type Functions,
} from "./functions.ts";
export * from "./interfaces.ts";
export type { RuntimeAvailability } from "./settings/runtime.ts";
