import { readFileSync } from "node:fs";
import path from "node:path";

/** Memory in bytes that cgroups of version 2 leave a process; infinite where none limits it. */
export interface CgroupMemory {
  readonly limitBytes: number;
  /** What is left below every limit, caches of files counted as free. */
  readonly availableBytes: number;
}

/**
 * What the cgroup of this process and all above it allow: the one with the limit may be a unit of systemd or a container,
 * whose processes sit further down.
 * @see https://docs.kernel.org/admin-guide/cgroup-v2.html#memory-interface-files
 */
export function cgroupMemory(mountPoint = "/sys/fs/cgroup", ownCgroup = "/proc/self/cgroup"): CgroupMemory {
  let limitBytes = Number.POSITIVE_INFINITY;
  let availableBytes = Number.POSITIVE_INFINITY;
  // Seen from a namespace that it lies outside of, the path begins with a way up.
  const own = /^0::(\/(?!\.\.)[^\n]*)$/m.exec(textOf(ownCgroup) ?? "")?.[1] ?? "/";
  // A container's own is the root that it sees; the real one has no limit.
  const depth = own.split("/").filter(Boolean).length;
  for (let up = 0; up <= depth; up++) {
    const directory = path.join(mountPoint, own, ...Array<string>(up).fill(".."));
    const most = Number(textOf(path.join(directory, "memory.max")) ?? Number.NaN);
    // "max" is no number.
    if (Number.isNaN(most)) continue;
    const caches = [
      ...(textOf(path.join(directory, "memory.stat")) ?? "").matchAll(/^(?:in)?active_file (\d+)$/gm),
    ];
    const cached = caches.reduce((sum, [, bytes]) => sum + Number(bytes), 0);
    const used = Number(textOf(path.join(directory, "memory.current")) ?? 0) - cached;
    limitBytes = Math.min(limitBytes, most);
    availableBytes = Math.min(availableBytes, Math.max(0, most - used));
  }
  return { limitBytes, availableBytes };
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8").trim();
  } catch {
    return undefined;
  }
}
