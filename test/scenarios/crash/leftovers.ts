import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";

/** What a server that is gone may not leave on the machine. */
export interface Traces {
  readonly dataDirectory: string;
  /** The server and the children that it had. */
  readonly pids: readonly number[];
}

/** To be asked while the server runs. */
export function tracesOf(server: { readonly pid: number; readonly dataDirectory: string }): Traces {
  return { dataDirectory: server.dataDirectory, pids: [server.pid, ...descendants(server.pid)] };
}

/** One line for each trace that is still there. */
export function leftovers({ dataDirectory, pids }: Traces): string[] {
  return [
    ...pids
      .filter(alive)
      .map((pid) => `process ${pid}: ${readOr(`/proc/${pid}/cmdline`).replaceAll("\0", " ")}`),
    ...lines("/proc/self/mountinfo").filter((line) => line.includes(dataDirectory)),
    ...loopDevices().filter((line) => line.includes(dataDirectory)),
    ...controlGroups().filter((name) => pids.includes(Number(/lambkin-\d+-(\d+)-\d+$/.exec(name)?.[1]))),
  ];
}

function descendants(pid: number): number[] {
  const found: number[] = [];
  for (const thread of directory(`/proc/${pid}/task`)) {
    for (const child of readOr(`/proc/${pid}/task/${thread}/children`).split(" ").filter(Boolean).map(Number))
      found.push(child, ...descendants(child));
  }
  return found;
}

/** One that merely waits to be reaped is gone. */
function alive(pid: number): boolean {
  return existsSync(`/proc/${pid}`) && !/^State:\s+[ZX]/m.test(readOr(`/proc/${pid}/status`));
}

function loopDevices(): string[] {
  return directory("/sys/block")
    .filter((name) => name.startsWith("loop"))
    .map((name) => `${name}: ${readOr(`/sys/block/${name}/loop/backing_file`).trim()}`);
}

/** Groups are made below the place where this process is, which differs by hierarchy. */
function controlGroups(): string[] {
  const found: string[] = [];
  for (const line of lines("/proc/self/mountinfo")) {
    const [fields = "", type = ""] = line.split(" - ");
    const place = fields.split(" ")[4] ?? "";
    if (type.startsWith("cgroup")) found.push(...groupsBelow(place, GROUP_DEPTH));
  }
  return found;
}

const GROUP_DEPTH = 4;

function groupsBelow(place: string, depth: number): string[] {
  if (depth === 0) return [];
  let entries: string[];
  try {
    entries = readdirSync(place, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => path.join(place, name));
  } catch {
    return [];
  }
  return entries.flatMap((entry) =>
    path.basename(entry).startsWith("lambkin-") ? [entry] : groupsBelow(entry, depth - 1),
  );
}

function lines(file: string): string[] {
  return readOr(file).split("\n").filter(Boolean);
}

function directory(file: string): string[] {
  try {
    return readdirSync(file);
  } catch {
    return [];
  }
}

function readOr(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
