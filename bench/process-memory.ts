import { readdirSync, readFileSync } from "node:fs";

/** Proportional set size of what runs in sandboxes of this process: all its descendants but the spawners. */
export function sandboxesMiB(): number {
  const processes = new Map(
    readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map((pid) => [pid, read(`/proc/${pid}/status`)] as const),
  );
  const parentOf = (pid: string) => /^PPid:\s+(\d+)$/m.exec(processes.get(pid) ?? "")?.[1] ?? "0";
  let kib = 0;
  for (const pid of processes.keys()) {
    let depth = 0;
    for (let at = pid; at !== "0" && at !== String(process.pid); at = parentOf(at)) depth += 1;
    if (depth >= 2 && isBelow(pid, parentOf)) kib += pssKiB(pid);
  }
  return kib / 1024;
}

function isBelow(pid: string, parentOf: (pid: string) => string): boolean {
  for (let at = pid; at !== "0"; at = parentOf(at)) if (at === String(process.pid)) return true;
  return false;
}

/** Proportional set size, in which a page that several processes share counts for each in part; 0 if it has ended. */
export function pssKiB(pid: string): number {
  return Number(/^Pss:\s+(\d+)/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0);
}

/** Empty for a process that has ended. */
function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
