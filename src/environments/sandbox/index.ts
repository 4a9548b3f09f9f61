import { type Clock, type Log, toError } from "../../base/index.ts";
import type { IsolationTier } from "../interfaces.ts";
import { openGvisorTier } from "./gvisor/gvisor-tier.ts";
import type { SandboxTier } from "./interfaces.ts";
import { openProcessTier } from "./process/process-tier.ts";
import { openNamespacesTier } from "./spawner/namespaces-tier.ts";

export { compareTiers, type TierColumn } from "./compare.ts";
export type * from "./interfaces.ts";
export { compileSpawner, compileZygoteLibrary } from "./spawner/compile.ts";

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

/**
 * Opens the best tier that really works on this machine. Where that is not namespaces, the report of the process
 * tier tells why. gVisor is used only if preferred, and then nothing else.
 * @throws where only processes would work and were neither preferred nor allowed to stand in
 */
export async function openSandboxTier(options: SandboxTierOptions): Promise<SandboxTier> {
  if (options.prefer === "gvisor") return openGvisorTier(options);
  if (options.prefer === "process") return openProcessTier({ ...options, reason: "as asked for" });
  try {
    return await openNamespacesTier(options);
  } catch (error) {
    const reason = toError(error).message;
    if (options.isolated === true)
      throw new Error(
        `functions can't be isolated on this machine: ${reason}. \`lambkin doctor\` says what is missing; --isolation process runs them as plain processes, which protects nobody from them`,
        { cause: error },
      );
    options.log.warn("functions run without isolation", { reason });
    return openProcessTier({ ...options, reason });
  }
}
