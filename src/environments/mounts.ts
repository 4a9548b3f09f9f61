import { readdir } from "node:fs/promises";
import type { EnvironmentSpec } from "./interfaces.ts";
import { resolveBelow } from "./resolve-below.ts";
import type { SandboxMount } from "./sandbox/index.ts";

const LAYERS = "/opt";

type Contents = Pick<EnvironmentSpec, "codeDirectory" | "layersDirectory">;

/** The package and the layers of a function, for a sandbox that has nothing below `/opt`. */
export function functionMounts({ codeDirectory, layersDirectory }: Contents): SandboxMount[] {
  const exact = true;
  const layers = layersDirectory === undefined ? [] : [{ source: layersDirectory, target: LAYERS, exact }];
  return [{ source: codeDirectory, target: "/var/task", exact }, ...layers];
}

/**
 * What is mounted in an environment: the runtime, the package as `/var/task`, the layers as `/opt`. If the runtime itself
 * has something below `/opt`, where this machine's interpreter lies, what the layers have is mounted beside it, name by
 * name, because nothing can be mounted in a read-only directory that lacks its name. A link that leaves the layers can't be had there.
 */
export async function environmentMounts(
  runtime: readonly SandboxMount[],
  spec: Contents,
): Promise<SandboxMount[]> {
  const { codeDirectory, layersDirectory } = spec;
  const taken = new Set(
    runtime
      .filter(({ target }) => target.startsWith(`${LAYERS}/`))
      .map(({ target }) => target.split("/")[2] ?? ""),
  );
  if (taken.size === 0 || layersDirectory === undefined) return [...runtime, ...functionMounts(spec)];
  const beside = (await readdir(layersDirectory)).flatMap((name) => {
    const found = taken.has(name) ? "nothing" : resolveBelow(layersDirectory, name);
    if (typeof found === "string") return [];
    return [{ source: found.place, target: `${LAYERS}/${name}`, exact: true }];
  });
  return [...runtime, ...functionMounts({ codeDirectory }), ...beside];
}
