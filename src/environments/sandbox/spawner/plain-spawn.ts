import type { IsolationTier } from "../../interfaces.ts";
import type { TierReport } from "../interfaces.ts";

/** A further wall, inside the namespaces of each sandbox. */
export interface InnerWall {
  readonly tier: IsolationTier;
  /** The request that makes a sandbox with it, out of the one that makes one without. */
  spawnRequest(plain: PlainSpawn): {
    readonly operation: string;
    readonly fields: readonly (string | number)[];
  };
  report(around: TierReport): TierReport;
}

/** What a sandbox is made of; see native/spawner/spawn.c. */
export interface PlainSpawn {
  /** A uid outside that nobody else has, and another one. */
  readonly user: number;
  readonly furtherUser: number;
  readonly memoryBytes: number;
  readonly processes: number;
  /** Empty where `/tmp` is kept in memory. */
  readonly tmpTemplate: string;
  readonly tmpBytes: number;
  readonly runtimePort: number;
  readonly endpointPort: number;
  readonly uplink: 0 | 1;
  readonly spare: 0 | 1;
  readonly tree: readonly string[];
  /** The spawner's program. */
  readonly program: string;
}

/** The fields of a request for a sandbox. */
export function spawnFields(plain: Omit<PlainSpawn, "furtherUser" | "program">): (string | number)[] {
  const { user, memoryBytes, processes, tmpTemplate, tmpBytes } = plain;
  const { runtimePort, endpointPort, uplink, spare, tree } = plain;
  const limits = [user, memoryBytes, processes, tmpTemplate, tmpBytes];
  return [...limits, runtimePort, endpointPort, uplink, spare, ...tree];
}
