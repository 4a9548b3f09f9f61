import type { PostedResult } from "./runtime-api/posted-result.ts";
import type { ProcessExit } from "./sandbox/index.ts";

/** What ended an init or an invocation before its time; after it everything is stopped and begun anew. */
export type Fault =
  | { readonly kind: "timeout" }
  /** The runtime ended. */
  | { readonly kind: "exit"; readonly exit: ProcessExit }
  /** The runtime told what was wrong with its init. */
  | { readonly kind: "reported"; readonly posted: PostedResult }
  /** The runtime's program or an extension can't be run, an extension ended or told that it failed. */
  | { readonly kind: "broken"; readonly errorType: string; readonly reason: string };
