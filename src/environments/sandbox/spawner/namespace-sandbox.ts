import { writeFileSync } from "node:fs";
import type { Socket } from "node:net";
import { constants } from "node:os";
import { environmentLimits, invariant } from "../../../base/index.ts";
import type { IsolationTier } from "../../interfaces.ts";
import type { ForkedSandbox, ProcessExit, ProcessSpec, SandboxProcess, SandboxSpec } from "../interfaces.ts";
import type { Loopback } from "../loopback.ts";
import { connectFrom, readableFrom, type SpawnerChannel, type SpawnerEvent } from "./channel.ts";

export interface NamespaceSandboxOptions {
  readonly spec: SandboxSpec;
  readonly tier: IsolationTier;
  readonly channel: SpawnerChannel;
  readonly runtimeApi: Loopback;
  readonly endpoint: Loopback;
  /** See `SpawnerFacts`. */
  readonly quickFreezer: string;
  readonly onDestroyed: () => void;
  /** Resolves when a dead spawner's remains are removed. */
  readonly cleared: () => Promise<void>;
}

const BYTES_PER_MIB = 1024 * 1024;

/** The first name of each number is the usual one: `SIGABRT`, which is also called `SIGIOT`. */
const SIGNAL_NAMES = new Map(
  Object.entries(constants.signals)
    .map(([name, number]) => [number, name] as const)
    .reverse(),
);

/** A sandbox of the spawner: namespaces, cgroup and system call filter around one file tree of its own. */
export class NamespaceSandbox implements ForkedSandbox {
  readonly id: string;
  readonly tier: IsolationTier;
  readonly runtimeApiAddress: string;
  readonly endpointUrl: string;
  readonly #options: NamespaceSandboxOptions;
  readonly #running = new Map<number, (exit: ProcessExit) => void>();
  #memoryMiB: number;
  #cpuLimited = false;
  /** Whether it computed for so long that it runs only where nobody else wants to. */
  #yields = false;
  #peakBytes = 0;
  /** It was thawed without the spawner's doing. */
  #thawUntold = false;
  #lost: Error | undefined;
  #destroyed: Promise<void> | undefined;

  constructor(options: NamespaceSandboxOptions) {
    this.#options = options;
    this.id = options.spec.id;
    this.tier = options.tier;
    this.#memoryMiB = options.spec.memoryMiB;
    this.runtimeApiAddress = `127.0.0.1:${options.runtimeApi.port}`;
    this.endpointUrl = `http://127.0.0.1:${options.endpoint.port}`;
  }

  start(process: ProcessSpec): Promise<SandboxProcess> {
    return this.#begin(process);
  }

  goOn(process: Pick<ProcessSpec, "workingDirectory" | "withLog">): Promise<SandboxProcess> {
    return this.#begin({ ...process, command: [], environment: {} });
  }

  async #begin(
    process: Omit<ProcessSpec, "command"> & { readonly command: readonly string[] },
  ): Promise<SandboxProcess> {
    invariant(this.#destroyed === undefined, `sandbox ${this.id} is destroyed`);
    if (this.#lost !== undefined) throw this.#lost;
    const connected = process.connected === true;
    const environment = connected
      ? { ...process.environment, _LAMBKIN_CONNECTION: `4@${this.runtimeApiAddress}` }
      : process.environment;
    const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
    const withLog = process.withLog === true;
    const port = connected ? this.#options.runtimeApi.port : 0;
    const place = [withLog ? 1 : 0, port, process.workingDirectory];
    const fields = [...place, process.command.length, ...process.command, ...variables];
    this.#tellThaw();
    const { number, reply } = this.#options.channel.request("start", this.id, fields, withLog ? 2 : 1);
    const exited = new Promise<ProcessExit>((resolve) => {
      this.#running.set(number, resolve);
    });
    try {
      const { handles } = await reply;
      const output = handles.get("output");
      const log = handles.get("log");
      invariant(output !== undefined, "a started process has an output");
      return {
        output: readableFrom(output),
        ...(log === undefined ? {} : { log: readableFrom(log) }),
        exited,
        signal: async (name) => {
          if (this.#running.has(number)) await this.#request("signal", [number, constants.signals[name]]);
        },
      };
    } catch (error) {
      this.#running.delete(number);
      throw error;
    }
  }

  async connect(port: number): Promise<Socket> {
    if (this.#lost !== undefined) throw this.#lost;
    this.#tellThaw();
    const { handles } = await this.#options.channel.request("socket", this.id, [], 1).reply;
    const handle = handles.get("socket");
    invariant(handle !== undefined, "a socket comes with its reply");
    return connectFrom(handle, port);
  }

  /** What the spawner tells of this sandbox. */
  onEvent(event: SpawnerEvent): void {
    if (event.event === "gone") {
      this.onLost(new Error(`sandbox ${this.id} ended by itself`));
      return;
    }
    if (event.event === "yields") {
      this.#yields = true;
      return;
    }
    const finish = this.#running.get(event.process ?? 0);
    this.#running.delete(event.process ?? 0);
    finish?.({
      ...(event.code === undefined ? {} : { code: event.code }),
      ...(event.signal === undefined ? {} : { signal: signalName(event.signal) }),
      outOfMemory: event.outOfMemory === true,
    });
  }

  /** Everything inside was killed: by the death of the spawner, or because its init died. */
  onLost(reason: Error): void {
    this.#lost = reason;
    for (const finish of this.#running.values()) finish({ signal: "SIGKILL", outOfMemory: false });
    this.#running.clear();
  }

  async killProcesses(): Promise<void> {
    await this.#request("kill");
  }

  async limitCpu(limited: boolean): Promise<void> {
    if (limited === this.#cpuLimited) return;
    this.#cpuLimited = limited;
    await this.#request("cpu", this.#cpuShare());
  }

  prioritize(): void {
    if (!this.#yields) return;
    this.#yields = false;
    this.#request("prioritize").catch(ignore);
  }

  /** Quota and period. */
  #cpuShare(): [number, number] {
    const period = environmentLimits.cpuPeriodUs;
    const share = this.#memoryMiB / environmentLimits.memoryMiBPerCpu;
    return [this.#cpuLimited ? Math.round(period * share) : -1, period];
  }

  async attach(mounts: SandboxSpec["mounts"]): Promise<void> {
    await this.#request("attach", attachFields(mounts));
  }

  async limit({ memoryMiB }: { memoryMiB: number }): Promise<void> {
    await this.#limited("limit", memoryMiB, []);
  }

  async assign({ memoryMiB, mounts }: Pick<SandboxSpec, "memoryMiB" | "mounts">): Promise<void> {
    await this.#limited("assign", memoryMiB, attachFields(mounts));
  }

  async #limited(operation: string, memoryMiB: number, further: readonly string[]): Promise<void> {
    const before = this.#memoryMiB;
    this.#memoryMiB = memoryMiB;
    try {
      await this.#request(operation, [memoryMiB * BYTES_PER_MIB, ...this.#cpuShare(), ...further]);
    } catch (error) {
      this.#memoryMiB = before;
      throw error;
    }
  }

  async freeze(): Promise<void> {
    await this.#request("freeze");
  }

  /** By a write to a file where that does it: some microseconds, for which another process would have to be woken. */
  async thaw(): Promise<void> {
    const { quickFreezer } = this.#options;
    if (quickFreezer === "" || this.#lost !== undefined) {
      await this.#request("thaw");
      return;
    }
    try {
      writeFileSync(`${quickFreezer}/${this.id}/freezer.state`, "THAWED");
    } catch {
      await this.#request("thaw");
      return;
    }
    this.#thawUntold = true;
    setImmediate(() => this.#tellThaw());
  }

  /** The spawner has to know, before it is asked for anything else, but nobody waits for that. */
  #tellThaw(): void {
    if (!this.#thawUntold) return;
    this.#thawUntold = false;
    this.#request("thaw").catch(ignore);
  }

  async peakMemoryBytes(): Promise<number> {
    // The last figure stays true when nobody is left to ask.
    if (this.#lost === undefined && this.#destroyed === undefined)
      this.#peakBytes = Number((await this.#request("peak"))["bytes"]);
    return this.#peakBytes;
  }

  async #request(
    operation: string,
    fields: readonly (string | number)[] = [],
  ): Promise<Readonly<Record<string, unknown>>> {
    this.#tellThaw();
    if (this.#lost !== undefined) throw this.#lost;
    return (await this.#options.channel.request(operation, this.id, fields).reply).values;
  }

  destroy(): Promise<void> {
    this.#destroyed ??= this.#destroy();
    return this.#destroyed;
  }

  async #destroy(): Promise<void> {
    const { channel, runtimeApi, endpoint, onDestroyed, cleared } = this.#options;
    try {
      await channel.request("destroy", this.id).reply;
    } catch {
      await cleared();
    }
    await Promise.all([runtimeApi.close(), endpoint.close()]);
    onDestroyed();
  }
}

function ignore(): void {
  // It is gone, which its owner hears otherwise.
}

/** Source and target of each. */
function attachFields(mounts: SandboxSpec["mounts"]): string[] {
  return mounts.flatMap(({ source, target }) => [source, target]);
}

function signalName(number: number): string {
  return SIGNAL_NAMES.get(number) ?? `SIG${number}`;
}
