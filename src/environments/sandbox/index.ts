import { toError } from "../../base/index.ts";
import { openGvisorTier } from "./gvisor/gvisor-tier.ts";
import type { SandboxTier } from "./interfaces.ts";
import { openProcessTier } from "./process/process-tier.ts";
import { openNamespacesTier } from "./spawner/namespaces-tier.ts";
import type { SandboxTierOptions } from "./tier-options.ts";

export { compareTiers, type TierColumn } from "./compare.ts";
export type * from "./interfaces.ts";
export { compileSpawner, compileZygoteLibrary } from "./spawner/compile.ts";

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
