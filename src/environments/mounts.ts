import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { EnvironmentSpec } from "./interfaces.ts";

export interface Mount {
  readonly source: string;
  readonly target: string;
}

const LAYERS = "/opt";

type Contents = Pick<EnvironmentSpec, "codeDirectory" | "layersDirectory">;

/** The package and the layers of a function, for a sandbox that has nothing below `/opt`. */
export function functionMounts({ codeDirectory, layersDirectory }: Contents): Mount[] {
  const layers = layersDirectory === undefined ? [] : [{ source: layersDirectory, target: LAYERS }];
  return [{ source: codeDirectory, target: "/var/task" }, ...layers];
}

/**
 * What is mounted in an environment: the runtime, the package as `/var/task`, the layers as `/opt`. If the runtime itself
 * has something below `/opt`, where this machine's interpreter lies, what the layers have is mounted beside it, name by
 * name, because nothing can be mounted in a read-only directory that lacks its name.
 */
export async function environmentMounts(runtime: readonly Mount[], spec: Contents): Promise<Mount[]> {
  const { codeDirectory, layersDirectory } = spec;
  const taken = new Set(
    runtime
      .filter(({ target }) => target.startsWith(`${LAYERS}/`))
      .map(({ target }) => target.split("/")[2] ?? ""),
  );
  if (taken.size === 0 || layersDirectory === undefined) return [...runtime, ...functionMounts(spec)];
  const names = (await readdir(layersDirectory)).filter((name) => !taken.has(name));
  return [
    ...runtime,
    ...functionMounts({ codeDirectory }),
    ...names.map((name) => ({ source: join(layersDirectory, name), target: `${LAYERS}/${name}` })),
  ];
}
