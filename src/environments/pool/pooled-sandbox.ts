import type { Socket } from "node:net";
import { toError } from "../../base/index.ts";
import type { EnvironmentSpec } from "../interfaces.ts";
import { functionMounts } from "../mounts.ts";
import type {
  ForkedSandbox,
  ProcessSpec,
  Sandbox,
  SandboxAddresses,
  SandboxListeners,
  SandboxProcess,
  SandboxTier,
} from "../sandbox/index.ts";
import { waitingVariables } from "../variables.ts";
import { POOLED_STORAGE_MIB, type PoolKey } from "./pool-key.ts";
import { WaitingRoom } from "./waiting-room.ts";
import type { Zygotes } from "./zygotes.ts";

/**
 * A sandbox whose interpreter runs our bootstrap up to the point where it needs to know whom for, or in which nothing
 * runs yet. It holds nothing of any function or account, is assigned once, and then is that function's to its end.
 */
export class PooledSandbox {
  readonly key: PoolKey;
  /** Resolves when it can be assigned, rejects if it will never be. */
  readonly ready: Promise<void>;
  readonly #listeners: { current: SandboxListeners };
  readonly #room: WaitingRoom;
  readonly #onBroken: () => void;
  #sandbox: Sandbox | undefined;
  #process: SandboxProcess | undefined;
  /** Of a program that `open` started. */
  #started: ((give: (socket: Socket) => void) => Promise<SandboxProcess>) | undefined;
  #broken = false;
  #assigned = false;

  constructor(
    id: string,
    key: PoolKey,
    { tier, zygotes }: { readonly tier: SandboxTier; readonly zygotes?: Zygotes },
    onBroken: () => void,
  ) {
    this.key = key;
    this.#onBroken = onBroken;
    const ready = Promise.withResolvers<void>();
    this.#room = new WaitingRoom({
      onReady: () => ready.resolve(),
      onBroken: () => this.#breaks(),
    });
    this.#listeners = {
      current: {
        onRuntimeApi: (socket) => this.#room.accept(socket),
        onEndpoint: (socket) => socket.destroy(),
      },
    };
    this.ready = this.#start(id, tier, zygotes, ready.promise);
    this.ready.catch(() => this.#breaks());
  }

  async #start(
    id: string,
    tier: SandboxTier,
    zygotes: Zygotes | undefined,
    asked: Promise<void>,
  ): Promise<void> {
    const { runtime, memoryMiB, waits } = this.key;
    await runtime.prepare?.();
    const { mounts } = runtime;
    const spec = { id, memoryMiB, ephemeralStorageMiB: POOLED_STORAGE_MIB, mounts, spare: true };
    const listeners: SandboxListeners = {
      onRuntimeApi: (socket) => this.#listeners.current.onRuntimeApi(socket),
      onEndpoint: (socket) => this.#listeners.current.onEndpoint(socket),
    };
    if (waits === "cell") {
      this.#sandbox = await tier.create(spec, listeners);
      return;
    }
    const forked = await zygotes?.fork(runtime, spec, listeners);
    const sandbox = forked ?? (await tier.create(spec, listeners));
    this.#sandbox = sandbox;
    const process = await (forked === undefined ? this.#startIn(sandbox) : this.#goOnIn(forked));
    this.#process = process;
    const over = process.exited.then(() => {
      this.#breaks();
      throw new Error(`the waiting ${runtime.identifier} ended`);
    });
    over.catch(() => undefined);
    await Promise.race([asked, over]);
  }

  #startIn(sandbox: Sandbox): Promise<SandboxProcess> {
    const { runtime, memoryMiB } = this.key;
    return sandbox.start({
      command: runtime.command({ memoryMiB, variables: {}, bootstrap: "" }),
      environment: {
        ...waitingVariables(runtime),
        AWS_LAMBDA_RUNTIME_API: sandbox.runtimeApiAddress,
      },
      // Java keeps where it was started; what will be mounted there is not there yet.
      workingDirectory: "/var/task",
      withLog: runtime.framedLogs,
    });
  }

  #goOnIn(forked: ForkedSandbox): Promise<SandboxProcess> {
    return forked.goOn({ workingDirectory: "/", withLog: this.key.runtime.framedLogs });
  }

  /** Undefined before it is ready. */
  get addresses(): SandboxAddresses | undefined {
    return this.#sandbox;
  }

  get broken(): boolean {
    return this.#broken;
  }

  #breaks(): void {
    if (this.#broken) return;
    this.#broken = true;
    if (!this.#assigned) this.#onBroken();
  }

  /**
   * Gives the sandbox the function's limits, package and layers. Where nothing runs in it yet and it is known what is to
   * (`program`), that starts right behind, without a wait for the former. From here on it is the caller's to destroy.
   */
  async open(
    spec: EnvironmentSpec,
    listeners: SandboxListeners,
    program: Promise<ProcessSpec | undefined>,
  ): Promise<Sandbox> {
    const sandbox = this.#sandbox;
    if (sandbox === undefined || this.#broken) throw new Error("the pooled sandbox is gone");
    this.#assigned = true;
    this.#listeners.current = listeners;
    try {
      const assigned = sandbox.assign({ memoryMiB: spec.memoryMiB, mounts: functionMounts(spec) });
      assigned.catch(() => undefined);
      const known = this.key.waits === "cell" ? await program : undefined;
      if (known !== undefined) this.#startBehind(sandbox, known, listeners);
      await assigned;
      return sandbox;
    } catch (error) {
      await this.destroy();
      throw toError(error);
    }
  }

  /** Whoever calls `begin` is told how it went; its connections wait until then. */
  #startBehind(sandbox: Sandbox, program: ProcessSpec, listeners: SandboxListeners): void {
    const early: Socket[] = [];
    const onRuntimeApi = (socket: Socket) => {
      socket.on("error", () => undefined); // It closes as well.
      early.push(socket);
    };
    const started = sandbox.start(program);
    started.catch(() => undefined);
    this.#listeners.current = { ...listeners, onRuntimeApi };
    this.#started = (give) => {
      this.#listeners.current = listeners;
      for (const socket of early) if (!socket.destroyed) give(socket);
      return started;
    };
  }

  /**
   * The function's runtime: what `open` started, or the waiting process, which is handed what it would have been started
   * with. If there is neither, undefined.
   */
  begin(process: ProcessSpec, give: (socket: Socket) => void): Promise<SandboxProcess> | undefined {
    if (this.#started !== undefined) return this.#started(give);
    if (this.#broken || this.#process === undefined) return undefined;
    const waits = this.#room.assign(process.workingDirectory, process.environment, give);
    return waits ? Promise.resolve(this.#process) : undefined;
  }

  async destroy(): Promise<void> {
    this.#assigned = true;
    this.#room.close();
    // What is still in the making is destroyed when it is made.
    await this.ready.catch(() => undefined);
    await this.#sandbox?.destroy();
  }
}
