import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";

export interface ProcessRow {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly uid: number;
  readonly residentBytes: number;
}

const PAGE_BYTES = 4096;

/**
 * Every live process that can be seen. Read synchronously: a hundred small reads from procfs take 1-2 ms this way
 * and ten times that through the thread pool. Systems without procfs pay for one `ps`.
 */
export function readProcessTable(): ProcessRow[] {
  return process.platform === "linux" ? readProcfs() : readPs();
}

function readProcfs(): ProcessRow[] {
  const rows: ProcessRow[] = [];
  for (const name of readdirSync("/proc")) {
    if (name.charCodeAt(0) > 0x39) continue;
    const row = readProcess(name);
    if (row !== undefined) rows.push(row);
  }
  return rows;
}

/** https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html; the command name may itself hold `)` and spaces. */
function readProcess(pid: string): ProcessRow | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (fields[0] === "Z" || fields[0] === "X") return undefined;
    return {
      pid: Number(pid),
      parent: Number(fields[1]),
      group: Number(fields[2]),
      uid: statSync(`/proc/${pid}`).uid,
      residentBytes: Number(fields[21]) * PAGE_BYTES,
    };
  } catch {
    return undefined; // It ended between the listing and the reading.
  }
}

function readPs(): ProcessRow[] {
  const text = execFileSync("ps", ["-A", "-o", "pid=,ppid=,pgid=,uid=,rss=,state="], { encoding: "latin1" });
  return text.split("\n").flatMap((line) => {
    const [pid, parent, group, uid, rss, state] = line.trim().split(/\s+/);
    if (pid === undefined || pid === "" || state === undefined || state.startsWith("Z")) return [];
    return [
      {
        pid: Number(pid),
        parent: Number(parent),
        group: Number(group),
        uid: Number(uid),
        residentBytes: Number(rss) * 1024,
      },
    ];
  });
}

/** The largest resident size that one process ever had, or 0 where the system does not tell. */
export function highWaterBytes(pid: number): number {
  try {
    const found = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"));
    return found === null ? 0 : Number(found[1]) * 1024;
  } catch {
    return 0;
  }
}

/** Values of a variable that processes were started with, as far as we may look, by process. */
export function readVariable(name: string): ReadonlyMap<number, string> {
  const values = new Map<number, string>();
  if (process.platform !== "linux") return values;
  const wanted = `\0${name}=`;
  for (const pid of readdirSync("/proc")) {
    if (pid.charCodeAt(0) > 0x39) continue;
    try {
      const variables = `\0${readFileSync(`/proc/${pid}/environ`, "latin1")}`;
      const at = variables.indexOf(wanted);
      if (at >= 0) values.set(Number(pid), variables.slice(at + wanted.length).split("\0", 1)[0] ?? "");
    } catch {
      // It ended, or is somebody else's.
    }
  }
  return values;
}
