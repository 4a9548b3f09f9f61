import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { EnvironmentSpec } from "./interfaces.ts";

export interface Mount {
  readonly source: string;
  readonly target: string;
}

const LAYERS = "/opt";

/**
 * What is mounted in an environment: the runtime, the package as `/var/task`, the layers as `/opt`. If the runtime itself
 * has something below `/opt`, where this machine's interpreter lies, what the layers have is mounted beside it, name by
 * name, because nothing can be mounted in a read-only directory that lacks its name.
 */
export async function environmentMounts(
  runtime: readonly Mount[],
  { codeDirectory, layersDirectory }: Pick<EnvironmentSpec, "codeDirectory" | "layersDirectory">,
): Promise<Mount[]> {
  const mounts = [...runtime, { source: codeDirectory, target: "/var/task" }];
  if (layersDirectory === undefined) return mounts;
  const taken = new Set(
    runtime
      .filter(({ target }) => target.startsWith(`${LAYERS}/`))
      .map(({ target }) => target.split("/")[2] ?? ""),
  );
  if (taken.size === 0) return [...mounts, { source: layersDirectory, target: LAYERS }];
  const names = (await readdir(layersDirectory)).filter((name) => !taken.has(name));
  return [
    ...mounts,
    ...names.map((name) => ({ source: join(layersDirectory, name), target: `${LAYERS}/${name}` })),
  ];
}
