import type { Server, Socket } from "node:net";
import type { Readable } from "node:stream";
import type { IsolationTier } from "../interfaces.ts";

/** A directory or file of the host, read-only inside. */
export interface SandboxMount {
  readonly source: string;
  readonly target: string;
  /** It is refused where its source is a link or lies behind one: what others may change must not lead elsewhere. */
  readonly exact?: boolean;
}

/** What a sandbox is made of, before any process runs in it. */
export interface SandboxSpec {
  /** Letters, digits and hyphens; names cgroups and directories. */
  readonly id: string;
  readonly memoryMiB: number;
  /** Size of `/tmp`. */
  readonly ephemeralStorageMiB: number;
  /** Read-only directories of the host by their path inside, for instance the code at `/var/task`. */
  readonly mounts: readonly SandboxMount[];
  /** Nobody waits for it: until `limit` it runs only where others leave time. A tier that can't do so ignores it. */
  readonly spare?: boolean;
}

export interface ProcessSpec {
  /** Paths as seen inside the sandbox. */
  readonly command: readonly [string, ...string[]];
  readonly environment: Readonly<Record<string, string>>;
  readonly workingDirectory: string;
  /** Gives the process a second pipe as descriptor 3, whose other end is `log`. */
  readonly withLog?: boolean;
  /**
   * Gives the process a connection to the Runtime API that exists before it, as descriptor 4; `_LAMBKIN_CONNECTION` says
   * so. It may have to do without.
   */
  readonly connected?: boolean;
}

export interface ProcessExit {
  readonly code?: number;
  /** For instance `SIGKILL`. */
  readonly signal?: string;
  /** The kernel killed it for exceeding the memory limit. */
  readonly outOfMemory: boolean;
}

export interface SandboxProcess {
  /** Standard output and standard error, in order of arrival where the tier can tell. */
  readonly output: Readable;
  readonly log?: Readable;
  readonly exited: Promise<ProcessExit>;
  /** Sends a signal to it and its process group; nothing happens if it has ended. */
  signal(name: "SIGTERM" | "SIGKILL"): Promise<void>;
}

/** What the processes inside are served at. */
export interface SandboxAddresses {
  /** The address of the Runtime API as they see it, `host:port`. */
  readonly runtimeApiAddress: string;
  /** Where they reach Lambkin's AWS endpoint, `http://host:port`. */
  readonly endpointUrl: string;
}

/**
 * One sandbox. Calls on it are made by one owner, in order. `destroy` is always safe, also twice and while another
 * call is under way, and resolves when no process, mount or file of the sandbox is left.
 */
export interface Sandbox extends SandboxAddresses {
  readonly id: string;
  readonly tier: IsolationTier;
  /** Starts a process (the runtime). At full CPU until `limitCpu`. */
  start(process: ProcessSpec): Promise<SandboxProcess>;
  /** Connects to a port of the loopback inside. The socket is still connecting; its errors come as events. */
  connect(port: number): Promise<Socket>;
  /** Kills every process, keeping the sandbox and its `/tmp`; for the reset after a time-out or crash. */
  killProcesses(): Promise<void>;
  /** Applies the CPU share of the sandbox's memory (1,769 MiB is one vCPU); a no-op where the tier can't. */
  limitCpu(limited: boolean): Promise<void>;
  /** What it computes counts anew: one that computed for long has yielded to the others until now. Never waits. */
  prioritize(): void;
  /** Mounts further directories, read-only, while processes run; targets must exist and be no links. */
  attach(mounts: SandboxSpec["mounts"]): Promise<void>;
  /** Exact limits for a sandbox that was made before it was known what for. Lowering memory below use fails. */
  limit(limits: { readonly memoryMiB: number }): Promise<void>;
  /**
   * Both in one step, for a sandbox that is to be somebody's now. A `start` that is called before this resolves begins
   * after it. If it fails nothing starts any more, and the sandbox can only be destroyed.
   */
  assign(to: Pick<SandboxSpec, "memoryMiB" | "mounts">): Promise<void>;
  freeze(): Promise<void>;
  thaw(): Promise<void>;
  /** Peak memory since creation in bytes. */
  peakMemoryBytes(): Promise<number>;
  destroy(): Promise<void>;
}

/** Listeners that a sandbox's loopback is wired to; connections arrive as ordinary sockets. */
export interface SandboxListeners {
  /** Runtime API connections of this sandbox. */
  onRuntimeApi(socket: Socket): void;
  /** Connections to the AWS endpoint from inside. */
  onEndpoint(socket: Socket): void;
}

/** A sandbox whose init is a fork of a zygote. Whatever else is started in it is started as in any other. */
export interface ForkedSandbox extends Sandbox {
  /** Lets the zygote's interpreter go on in it, in a process of its own; once. */
  goOn(process: Pick<ProcessSpec, "workingDirectory" | "withLog">): Promise<SandboxProcess>;
}

export interface ZygoteSpec {
  /** As a sandbox's. */
  readonly id: string;
  readonly memoryMiB: number;
  readonly mounts: SandboxSpec["mounts"];
  readonly command: ProcessSpec["command"];
  readonly environment: ProcessSpec["environment"];
}

/** An interpreter that stands before a fork, in a place of its own that no function or network reaches. */
export interface Zygote {
  /** As the tier's, with the mounts that the zygote itself has. */
  create(spec: SandboxSpec, listeners: SandboxListeners): Promise<ForkedSandbox>;
  /** The sandboxes that were forked from it live on. */
  destroy(): Promise<void>;
}

export interface SandboxTier {
  readonly name: IsolationTier;
  /** What holds and what does not, for start-up and `doctor`. */
  readonly report: TierReport;
  create(spec: SandboxSpec, listeners: SandboxListeners): Promise<Sandbox>;
  /** Starts one; rejects if its interpreter does not come to fork. Absent where the tier has no such thing. */
  zygote?(spec: ZygoteSpec): Promise<Zygote>;
  /** CPU time in ms of all its sandboxes so far; undefined where it is not known. Absent where it never is. */
  cpuMs?(): Promise<number | undefined>;
  /** Destroys what is left and frees the tier's own resources. */
  close(): Promise<void>;
}

export interface TierReport {
  readonly tier: IsolationTier;
  readonly limits: readonly TierLimit[];
}

export interface TierLimit {
  readonly name: string;
  readonly holds: boolean;
  /** It holds, but later, less exactly or at a cost. */
  readonly partly?: true;
  readonly detail: string;
  /** What would make it hold, or hold better. */
  readonly better?: string;
}

/** A listening server whose descriptor came from inside a sandbox. */
export type SandboxServer = Server;
