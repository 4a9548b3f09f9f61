import { constants } from "node:fs";
import { access, realpath } from "node:fs/promises";
import { delimiter, isAbsolute, join } from "node:path";
import { environmentLimits, toError } from "../../../base/index.ts";
import type { SandboxTier } from "../interfaces.ts";
import { type NamespacesTierOptions, openNamespacesTier } from "../spawner/namespaces-tier.ts";
import { type InnerWall, type PlainSpawn, spawnFields } from "../spawner/plain-spawn.ts";
import { guestTree } from "./guest-tree.ts";
import { gvisorReport } from "./report.ts";

const PROGRAM = "runsc";
const BYTES_PER_MIB = 1024 * 1024;

export interface GvisorTierOptions extends Omit<NamespacesTierOptions, "inner"> {
  /** The program; searched in PATH if absent. */
  readonly runsc?: string;
}

/**
 * Opens the tier in which gVisor stands between the kernel and the functions: sandboxes of namespaces as always, with
 * `runsc` in them. Rejects with what to do where that does not work; nothing weaker is ever used in its place.
 */
export async function openGvisorTier(options: GvisorTierOptions): Promise<SandboxTier> {
  const program = await findRunsc(options.runsc);
  try {
    return await openNamespacesTier({ ...options, inner: new Gvisor(program) });
  } catch (error) {
    throw new Error(`gVisor (${program}) does not run functions here: ${toError(error).message}`, {
      cause: error,
    });
  }
}

/** The path of `runsc`; rejects with what to install where there is none. */
export async function findRunsc(
  asked: string | undefined,
  searchPath = process.env["PATH"] ?? "",
): Promise<string> {
  const candidates =
    asked === undefined
      ? searchPath
          .split(delimiter)
          .filter(isAbsolute)
          .map((directory) => join(directory, PROGRAM))
      : [asked];
  for (const path of candidates) {
    const executable = access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (await executable) return realpath(path);
  }
  const where = asked === undefined ? `no ${PROGRAM} in PATH` : `no program at ${asked}`;
  throw new Error(
    `gVisor is asked for, but there is ${where}: install it (https://gvisor.dev/docs/user_guide/install/), or name it with --runsc`,
  );
}

class Gvisor implements InnerWall {
  readonly tier = "gvisor";
  readonly #program: string;

  constructor(program: string) {
    this.#program = program;
  }

  spawnRequest(plain: PlainSpawn): { operation: string; fields: readonly (string | number)[] } {
    const { program, tmpBytes, tmpTemplate } = plain;
    const tree = guestTree(plain.tree, {
      runsc: this.#program,
      spawner: program,
      ...(tmpTemplate === "" ? { tmpBytes } : {}),
    });
    return {
      operation: "spawn-in-gvisor",
      fields: [
        plain.furtherUser,
        environmentLimits.gvisorMemoryMiB * BYTES_PER_MIB,
        ...spawnFields({ ...plain, processes: environmentLimits.gvisorThreads, tree }),
      ],
    };
  }

  readonly report = gvisorReport;
}
