import { execFile } from "node:child_process";
import { once } from "node:events";
import { chmod, chown, mkdir, realpath, rm, stat } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { type Clock, environmentLimits, type Log, type Timer } from "../../../base/index.ts";
import type { Sandbox, SandboxListeners, SandboxSpec, SandboxTier, TierReport } from "../interfaces.ts";
import { Loopback, type LoopbackLimits } from "../loopback.ts";
import { SandboxConnections } from "../shared-connections.ts";
import { MARKER_VARIABLE, MarkedProcesses } from "./marked-processes.ts";
import { ProcessSandbox } from "./process-sandbox.ts";
import { readProcessTable, readVariable } from "./process-table.ts";

export interface ProcessTierOptions {
  /** Owned by one server at a time: what lies in it at the start is a dead server's and is removed. */
  readonly stateDirectory: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Why nothing better is used, for the report. */
  readonly reason?: string;
}

/** Sandboxes get uids from here on when the server is root; far from any user and from usual subordinate ranges. */
const FIRST_USER = 1_900_000_000;
const USERS = 60_000;

/** Opens the tier of plain processes. Callers name paths as inside (`/var/task`); the tier translates them. */
export async function openProcessTier(options: ProcessTierOptions): Promise<SandboxTier> {
  const root = join(options.stateDirectory, "process");
  for (const [pid, mark] of readVariable(MARKER_VARIABLE))
    if (mark.startsWith(`${root}/`)) process.kill(pid, "SIGKILL");
  await rm(root, { recursive: true, force: true });
  await mkdir(root, { recursive: true, mode: 0o711 });
  const launcher = await findLauncher();
  const separateUsers = process.getuid?.() === 0 && (await reachableByOthers(root));
  return new ProcessTier(options, root, launcher, separateUsers);
}

class ProcessTier implements SandboxTier {
  readonly name = "process";
  readonly report: TierReport;
  readonly #options: ProcessTierOptions;
  readonly #root: string;
  readonly #launcher: readonly string[];
  readonly #separateUsers: boolean;
  readonly #sandboxes = new Set<ProcessSandbox>();
  readonly #processes = new MarkedProcesses();
  readonly #connections = new SandboxConnections();
  /** Servers start far apart. */
  #users = (process.pid * 7_919) % USERS;
  #poll: Timer | undefined;

  constructor(
    options: ProcessTierOptions,
    root: string,
    launcher: readonly string[],
    separateUsers: boolean,
  ) {
    this.#options = options;
    this.#root = root;
    this.#launcher = launcher;
    this.#separateUsers = separateUsers;
    this.report = processReport(options.reason, separateUsers, launcher.length > 0);
  }

  async create(spec: SandboxSpec, listeners: SandboxListeners): Promise<Sandbox> {
    const directory = `${join(this.#root, spec.id)}/`;
    const user = await this.#userFor(spec);
    await mkdir(join(directory, "tmp"), { recursive: true });
    await chmod(directory, 0o711);
    if (user !== undefined) await chown(join(directory, "tmp"), user, user);
    await chmod(join(directory, "tmp"), 0o700);
    const { endpointConnections, runtimeConnections } = environmentLimits;
    const { runtimeApi: ofRuntimes, endpoint: ofEndpoints } = this.#connections;
    const runtimeApi = await listen({ most: runtimeConnections, shared: ofRuntimes }, (socket) =>
      listeners.onRuntimeApi(socket),
    );
    const endpoint = await listen({ most: endpointConnections, shared: ofEndpoints }, (socket) =>
      listeners.onEndpoint(socket),
    );
    const sandbox = new ProcessSandbox({
      spec,
      directory,
      user,
      launcher: this.#launcher,
      runtimeApi,
      endpoint,
      processes: this.#processes,
      clock: this.#options.clock,
      onDestroyed: () => {
        this.#sandboxes.delete(sandbox);
        if (this.#sandboxes.size === 0) this.#stopPolling();
      },
    });
    this.#sandboxes.add(sandbox);
    this.#pollMemory();
    return sandbox;
  }

  /** Every sandbox its own uid, unless that user could not even read the code or the interpreter. */
  async #userFor(spec: SandboxSpec): Promise<number | undefined> {
    if (!this.#separateUsers) return undefined;
    for (const { source } of spec.mounts) {
      if (await reachableByOthers(source)) continue;
      this.#options.log.warn("function runs as root: an unprivileged user can't read its files", { source });
      return undefined;
    }
    // A sandbox is killed by its uid, so another server's, which counts for itself, must not have the same.
    const taken = new Set(readProcessTable().map(({ uid }) => uid));
    do this.#users = (this.#users + 1) % USERS;
    while (taken.has(FIRST_USER + this.#users));
    return FIRST_USER + this.#users;
  }

  #pollMemory(): void {
    if (this.#poll !== undefined) return;
    this.#poll = this.#options.clock.after(environmentLimits.memoryPollMs, () => {
      this.#poll = undefined;
      if (this.#sandboxes.size === 0) return;
      const active = [...this.#sandboxes].filter((sandbox) => sandbox.active);
      if (active.length > 0) {
        const table = readProcessTable();
        for (const sandbox of active) sandbox.measure(table);
      }
      this.#pollMemory();
    });
  }

  #stopPolling(): void {
    this.#poll?.cancel();
    this.#poll = undefined;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#sandboxes].map((sandbox) => sandbox.destroy()));
    this.#stopPolling();
    await rm(this.#root, { recursive: true, force: true });
  }
}

async function listen(limits: LoopbackLimits, onSocket: (socket: Socket) => void): Promise<Loopback> {
  const server = createServer();
  const loopback = new Loopback(server, limits, onSocket);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return loopback;
}

/** With util-linux's setpriv a function dies with the server and can't gain privileges through setuid programs. */
async function findLauncher(): Promise<readonly string[]> {
  const launcher = ["/usr/bin/setpriv", "--no-new-privs", "--pdeathsig", "KILL", "--"];
  try {
    await promisify(execFile)(launcher[0] as string, [...launcher.slice(1), "/bin/sh", "-c", "exit 0"]);
    return launcher;
  } catch {
    return [];
  }
}

/** Whether a user without any group may pass every directory down to `path` and read it. */
async function reachableByOthers(path: string): Promise<boolean> {
  try {
    for (let at = await realpath(path); ; at = dirname(at)) {
      if (((await stat(at)).mode & 0o001) === 0) return false;
      if (at === dirname(at)) return true;
    }
  } catch {
    return false;
  }
}

function processReport(
  reason: string | undefined,
  separateUsers: boolean,
  launcherWorks: boolean,
): TierReport {
  const because = reason === undefined ? "" : ` (${reason})`;
  return {
    tier: "process",
    limits: [
      {
        name: "isolation",
        holds: false,
        detail: `functions are plain processes: they see this machine's files, processes and network${because}`,
        better: "Linux with user namespaces and a C compiler (cc) gives the tier namespaces",
      },
      { name: "kernel", holds: false, detail: "functions call the kernel of this machine" },
      {
        name: "user",
        holds: separateUsers,
        detail: separateUsers
          ? "each sandbox has a uid of its own, where that can read its files"
          : "functions run as the user of the server",
      },
      {
        name: "memory",
        holds: true,
        partly: true,
        detail: `resident size, looked at every ${environmentLimits.memoryPollMs} ms; a faster growth may pass the limit for that long`,
      },
      { name: "cpu", holds: false, detail: "no CPU share" },
      { name: "processes", holds: false, detail: "no limit on their number" },
      { name: "/tmp", holds: false, detail: "a directory of its own (TMPDIR), without a size limit" },
      { name: "read-only root", holds: false, detail: "what the user may write, a function may write" },
      {
        name: "freeze",
        holds: true,
        partly: true,
        detail: "SIGSTOP to the process group; children that left it run on",
      },
      {
        name: "ends with the server",
        holds: launcherWorks,
        detail: launcherWorks
          ? "the runtime is killed at once, processes that it left behind at the next start"
          : "left-over processes are killed at the next start",
      },
      { name: "internet egress", holds: true, detail: "the network of this machine, unrestricted" },
    ],
  };
}
