import type { Clock, Log } from "../../base/index.ts";
import type { IsolationTier } from "../interfaces.ts";

/** What every tier is opened with; each reads what concerns it. */
export interface SandboxTierOptions {
  /** For what survives the server: the compiled spawner, the templates of `/tmp`. */
  readonly cacheDirectory: string;
  /** For what does not; owned by one server at a time and cleared at the start. */
  readonly stateDirectory: string;
  /**
   * The port of Lambkin's AWS endpoint on the host; inside a network namespace it is the same. A function where it is
   * not known yet, asked for each sandbox.
   */
  readonly endpointPort: number | (() => number);
  /** Let functions reach the network; on unless said otherwise, as on AWS. Without isolation they always do. */
  readonly egress?: boolean;
  readonly clock: Clock;
  readonly log: Log;
  /** Default: the best of namespaces and processes that works. */
  readonly prefer?: IsolationTier;
  /** Processes are used only if preferred. */
  readonly isolated?: boolean;
  /** The program of gVisor, for that tier; searched in PATH if absent. */
  readonly runsc?: string;
}
