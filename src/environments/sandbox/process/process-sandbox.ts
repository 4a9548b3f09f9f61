import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { access, constants, rm } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import type { Readable } from "node:stream";
import { type Clock, environmentLimits, invariant, sleep } from "../../../base/index.ts";
import type { ProcessExit, ProcessSpec, Sandbox, SandboxProcess, SandboxSpec } from "../interfaces.ts";
import type { Loopback } from "../loopback.ts";
import { MARKER_VARIABLE, type MarkedProcesses } from "./marked-processes.ts";
import { PathTranslation } from "./path-translation.ts";
import { highWaterBytes, type ProcessRow } from "./process-table.ts";

/** Core dumps off, descriptors as on AWS, both outputs into one pipe so that their order is kept. */
const WRAPPER = `ulimit -c 0; ulimit -n ${environmentLimits.openFiles} 2>/dev/null; exec "$@" 2>&1`;

export interface ProcessSandboxOptions {
  readonly spec: SandboxSpec;
  /** Ends in a slash; holds `tmp/`. */
  readonly directory: string;
  /** The sandbox's own uid and gid, or undefined for the server's. */
  readonly user: number | undefined;
  readonly launcher: readonly string[];
  readonly runtimeApi: Loopback;
  readonly endpoint: Loopback;
  readonly processes: MarkedProcesses;
  readonly clock: Clock;
  readonly onDestroyed: () => void;
}

/** Ordinary processes with a directory of their own; trusted code only. */
export class ProcessSandbox implements Sandbox {
  readonly id: string;
  readonly tier = "process";
  readonly runtimeApiAddress: string;
  readonly endpointUrl: string;
  readonly #options: ProcessSandboxOptions;
  readonly #paths: PathTranslation;
  readonly #running = new Set<ChildProcess>();
  #frozen = false;
  #memoryMiB: number;
  #peakBytes = 0;
  #outOfMemory = false;
  #destroyed: Promise<void> | undefined;

  constructor(options: ProcessSandboxOptions) {
    this.#options = options;
    this.id = options.spec.id;
    this.#memoryMiB = options.spec.memoryMiB;
    this.runtimeApiAddress = `127.0.0.1:${options.runtimeApi.port}`;
    this.endpointUrl = `http://127.0.0.1:${options.endpoint.port}`;
    this.#paths = new PathTranslation([
      ...options.spec.mounts,
      { source: `${options.directory}tmp`, target: "/tmp" },
    ]);
  }

  /** True while something runs that the memory poll has to look at. */
  get active(): boolean {
    return this.#running.size > 0 && !this.#frozen;
  }

  async start(spec: ProcessSpec): Promise<SandboxProcess> {
    invariant(this.#destroyed === undefined, `sandbox ${this.id} is destroyed`);
    const { command, environment, workingDirectory } = this.#paths.process(spec);
    await access(command[0], constants.X_OK);
    const { directory, user, launcher } = this.#options;
    invariant(this.#destroyed === undefined, `sandbox ${this.id} was destroyed during a start`);
    const [program, ...prefix] = [...launcher, "/bin/sh", "-c", WRAPPER, "sh"];
    const child = spawn(program, [...prefix, ...command], {
      cwd: workingDirectory,
      env: { TMPDIR: `${directory}tmp`, ...environment, [MARKER_VARIABLE]: directory },
      detached: true,
      stdio: ["ignore", "pipe", "ignore", ...(spec.withLog === true ? (["pipe"] as const) : [])],
      ...(user === undefined ? {} : { uid: user, gid: user }),
    });
    this.#running.add(child);
    const exited = this.#whenExited(child);
    await once(child, "spawn");
    const log = spec.withLog === true ? (child.stdio[3] as Readable) : undefined;
    return {
      output: child.stdout as Readable,
      ...(log === undefined ? {} : { log }),
      exited,
      signal: (name) => {
        if (child.pid !== undefined && this.#running.has(child)) signal(-child.pid, name);
        return Promise.resolve();
      },
    };
  }

  /** All sandboxes share the machine's loopback. */
  connect(port: number): Promise<Socket> {
    return Promise.resolve(connect(port, "127.0.0.1"));
  }

  #whenExited(child: ChildProcess): Promise<ProcessExit> {
    return new Promise((resolve) => {
      const finish = (code: number | null, signal: NodeJS.Signals | null) => {
        this.#running.delete(child);
        resolve({
          ...(code === null ? {} : { code }),
          ...(signal === null ? {} : { signal }),
          outOfMemory: this.#outOfMemory,
        });
      };
      child.once("exit", finish);
      child.once("error", () => finish(null, null));
    });
  }

  /** Takes part in one poll of the tier: notes the peak and ends what exceeds the limit. */
  measure(table: readonly ProcessRow[]): void {
    const members = this.#members(table);
    const resident = members.reduce((sum, row) => sum + row.residentBytes, 0);
    this.#peakBytes = Math.max(this.#peakBytes, resident, ...members.map(({ pid }) => highWaterBytes(pid)));
    if (resident <= this.#memoryMiB * 1024 * 1024) return;
    this.#outOfMemory = true;
    for (const { pid } of members) signal(pid, "SIGKILL");
  }

  /** Own uid, own process groups, and their descendants. */
  #members(table: readonly ProcessRow[]): ProcessRow[] {
    const leaders = new Set([...this.#running].map(({ pid }) => pid));
    const parents = new Map(table.map((row) => [row.pid, row]));
    const belongs = (row: ProcessRow | undefined): boolean => {
      for (let at = row, steps = 0; at !== undefined && steps < 64; at = parents.get(at.parent), steps++) {
        if (at.uid === this.#options.user || leaders.has(at.pid) || leaders.has(at.group)) return true;
      }
      return false;
    };
    return table.filter((row) => row.pid !== process.pid && belongs(row));
  }

  async killProcesses(): Promise<void> {
    const { clock, directory, processes } = this.#options;
    const deadline = clock.monotonicMs() + environmentLimits.killMs;
    for (;;) {
      // Before the kill, because children of a dead leader are no longer known as its descendants.
      const { table, marks } = await processes.look();
      const pids = new Set(this.#members(table).map(({ pid }) => pid));
      for (const [pid, mark] of marks) if (mark === directory) pids.add(pid);
      if (pids.size === 0 && this.#running.size === 0) break;
      for (const pid of pids) signal(pid, "SIGKILL");
      if (clock.monotonicMs() > deadline) throw new Error(`processes of ${this.id} do not die`);
      await sleep(clock, environmentLimits.killPollMs);
    }
    this.#outOfMemory = false;
    this.#frozen = false;
  }

  limitCpu(): Promise<void> {
    return Promise.resolve();
  }

  prioritize(): void {
    // Nobody yields here.
  }

  /** For processes started from now on; those that run know the host's paths. */
  attach(mounts: SandboxSpec["mounts"]): Promise<void> {
    this.#paths.add(mounts);
    return Promise.resolve();
  }

  /** Memory only: the network is the machine's. */
  limit({ memoryMiB }: { memoryMiB: number }): Promise<void> {
    this.#memoryMiB = memoryMiB;
    return Promise.resolve();
  }

  async assign({ memoryMiB, mounts }: Pick<SandboxSpec, "memoryMiB" | "mounts">): Promise<void> {
    await this.limit({ memoryMiB });
    await this.attach(mounts);
  }

  freeze(): Promise<void> {
    this.#frozen = true;
    this.#signalGroups("SIGSTOP");
    return Promise.resolve();
  }

  thaw(): Promise<void> {
    this.#frozen = false;
    this.#signalGroups("SIGCONT");
    return Promise.resolve();
  }

  #signalGroups(name: NodeJS.Signals): void {
    for (const { pid } of this.#running) if (pid !== undefined) signal(-pid, name);
  }

  peakMemoryBytes(): Promise<number> {
    // The whole table takes milliseconds, and the tier reads it by itself: between its polls the leaders stand for all.
    for (const { pid } of this.#running)
      if (pid !== undefined) this.#peakBytes = Math.max(this.#peakBytes, highWaterBytes(pid));
    return Promise.resolve(this.#peakBytes);
  }

  destroy(): Promise<void> {
    this.#destroyed ??= this.#destroy();
    return this.#destroyed;
  }

  async #destroy(): Promise<void> {
    const { runtimeApi, endpoint, directory, onDestroyed } = this.#options;
    try {
      await this.killProcesses();
    } finally {
      await Promise.all([runtimeApi.close(), endpoint.close()]);
      await rm(directory, { recursive: true, force: true });
      onDestroyed();
    }
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It is already gone, which is what a signal here is after.
  }
}
