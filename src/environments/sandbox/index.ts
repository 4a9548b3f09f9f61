import type { Clock, Log } from "../../base/index.ts";
import type { IsolationTier } from "../interfaces.ts";
import type { SandboxTier } from "./interfaces.ts";
import { openProcessTier } from "./process/process-tier.ts";

export type * from "./interfaces.ts";

export interface SandboxTierOptions {
  /** For what survives the server: the compiled spawner, the template of `/tmp`. */
  readonly cacheDirectory: string;
  /** For what does not; owned by one server at a time and cleared at the start. */
  readonly stateDirectory: string;
  /** The port of Lambkin's AWS endpoint on the host; inside a network namespace it is the same. */
  readonly endpointPort: number;
  readonly clock: Clock;
  readonly log: Log;
  /** Default: the best that works. */
  readonly prefer?: IsolationTier;
}

/** Opens the best tier that really works on this machine; its report says what holds and why not more. */
export async function openSandboxTier(options: SandboxTierOptions): Promise<SandboxTier> {
  return openProcessTier(options);
}
