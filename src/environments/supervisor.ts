import { type Clock, environmentLimits, type Log, type Randomness } from "../base/index.ts";
import type { Extension } from "./extensions/extension.ts";
import { ExtensionsApi, type ExtensionsFunction } from "./extensions/extensions-api.ts";
import type { Fault } from "./fault.ts";
import type { LaunchSpec } from "./launch.ts";
import { launchFault, programFault } from "./launch-faults.ts";
import type { EnvironmentLogStream } from "./logs/log-stream.ts";
import { drainOutput } from "./output-drain.ts";
import { OutputPace } from "./output-pace.ts";
import type { OutputTurn } from "./output-turn.ts";
import { RunningProcess } from "./running-process.ts";
import type { PostedResult } from "./runtime-api/posted-result.ts";
import { type FurtherApi, type NextEvent, RuntimeApi } from "./runtime-api/runtime-api.ts";
import type { ProcessSpec, Sandbox, SandboxProcess } from "./sandbox/index.ts";
import { crashReason, type ShutdownReason, shutDown } from "./shutdown.ts";
import { StateWait } from "./state-wait.ts";

export interface InitResult {
  readonly durationMs: number;
  /** Its program was executed, or was to be. */
  readonly runtimeStarted: boolean;
  readonly fault?: Fault;
}

export interface InvokeResult {
  readonly posted: PostedResult | undefined;
  readonly fault?: Fault;
}

/** Moments of an invocation on the monotonic clock, in milliseconds. */
export interface InvokeMoments {
  /** The first bytes of the response, its end, and when the runtime asked for more. */
  readonly posting: number | undefined;
  readonly posted: number | undefined;
  readonly ready: number | undefined;
}

export interface SupervisorOptions {
  readonly clock: Clock;
  readonly randomness: Pick<Randomness, "uuid">;
  readonly outputTurn: OutputTurn;
  readonly log: EnvironmentLogStream;
  readonly serverLog: Log;
  readonly of: ExtensionsFunction;
  /** Whether the Runtime API has the calls of runtimes that are restored from snapshots. */
  readonly snapshots: boolean;
  readonly furtherApis: readonly FurtherApi[];
}

/**
 * The runtime and the extensions in a sandbox, and the APIs that they speak. Its owner makes one call at a time; after
 * a fault the next step is `stop` and then a new `init`.
 */
export class Supervisor {
  readonly api: RuntimeApi;
  readonly extensions: ExtensionsApi;
  readonly #clock: Clock;
  readonly #log: EnvironmentLogStream;
  readonly #serverLog: Log;
  readonly #pace: OutputPace;
  readonly #wait: StateWait;
  #runtime: RunningProcess | undefined;
  #runtimeStarted = false;
  readonly #launched = new Map<Extension, RunningProcess>();
  #ready = false;
  #initFailure: PostedResult | undefined;
  #posted: PostedResult | undefined;
  #moments: { posting?: number; posted?: number; ready?: number } = {};

  constructor(options: SupervisorOptions) {
    this.#clock = options.clock;
    this.#log = options.log;
    this.#serverLog = options.serverLog;
    this.#pace = new OutputPace(options.clock, options.outputTurn);
    this.#wait = new StateWait(options.clock);
    const onChange = () => this.#wait.look();
    this.extensions = new ExtensionsApi({ onChange }, options.of, options.randomness);
    this.api = new RuntimeApi(
      {
        onReady: () => {
          this.#ready = true;
          this.#moments.ready = this.#clock.monotonicMs();
          this.#wait.look();
        },
        onInitError: (failure) => {
          this.#initFailure = failure;
          this.#wait.look();
        },
        onPosting: () => {
          this.#moments.posting = this.#clock.monotonicMs();
        },
        onResult: (posted) => {
          this.#posted = posted;
          this.#moments.posted = this.#clock.monotonicMs();
          this.#wait.look();
        },
        // There are no snapshots: every environment is initialized afresh and goes on at once.
        ...(options.snapshots ? { onRestoreReady: (release: () => void) => release() } : {}),
      },
      [this.extensions.route, ...options.furtherApis],
      { clock: options.clock, log: options.serverLog },
    );
  }

  /** Whether the runtime waits for an invocation, and no extension is amiss. */
  get ready(): boolean {
    return this.#ready && this.#fault() === undefined;
  }

  get moments(): InvokeMoments {
    const { posted, posting, ready } = this.#moments;
    return { posting, posted, ready };
  }

  /** Gives up what is waited for; the owner is about to destroy the sandbox. */
  abort(): void {
    this.#wait.abort();
  }

  /**
   * Launches the extensions, waits until they have registered, starts the runtime, and waits until all of them ask
   * for their first event. `begin` starts the runtime where it is not simply started.
   */
  async init(
    sandbox: Sandbox,
    spec: LaunchSpec,
    limitMs: number,
    begin: (runtime: ProcessSpec) => Promise<SandboxProcess> = (runtime) => sandbox.start(runtime),
  ): Promise<InitResult> {
    this.#forget();
    this.extensions.reset();
    const began = this.#clock.monotonicMs();
    const durationMs = () => this.#clock.monotonicMs() - began;
    const leftMs = () => limitMs - durationMs();
    const fault = (await this.#start(sandbox, spec, leftMs, begin)) ?? this.#fault();
    const took = durationMs();
    // A runtime that reported its failure is about to log and exit by itself.
    if (this.#initFailure !== undefined) {
      await this.#wait.until(() => this.#runtime?.exit !== undefined, environmentLimits.initErrorExitMs);
    }
    // What was printed in the init is told before anything of an invocation.
    await this.#drainOutput();
    return {
      durationMs: took,
      runtimeStarted: this.#runtimeStarted,
      ...(fault === undefined ? {} : { fault }),
    };
  }

  async #start(
    sandbox: Sandbox,
    spec: LaunchSpec,
    leftMs: () => number,
    begin: (runtime: ProcessSpec) => Promise<SandboxProcess>,
  ): Promise<Fault | undefined> {
    const all = (state: (extension: Extension) => boolean) => this.extensions.all.every(state);
    for (const { name, process } of spec.extensions) {
      const fault = await this.#launch(sandbox, name, process);
      if (fault !== undefined) return fault;
    }
    const registered = () => all(({ state }) => state !== "Started");
    if (!(await this.#reached(registered, leftMs()))) return this.#fault() ?? TIMEOUT;
    if ("missing" in spec.runtime) {
      return { kind: "broken", errorType: "Runtime.InvalidEntrypoint", reason: spec.runtime.missing };
    }
    this.#runtimeStarted = true;
    try {
      this.#runtime = this.#watch("function", await begin(spec.runtime));
    } catch (error) {
      return programFault(spec.runtime.command[0], error);
    }
    if (!(await this.#reached(() => this.#ready, leftMs()))) return this.#fault() ?? TIMEOUT;
    this.extensions.closeRegistration();
    const ready = () => all(({ state }) => state === "Ready");
    return (await this.#reached(ready, leftMs())) ? undefined : (this.#fault() ?? TIMEOUT);
  }

  async #launch(sandbox: Sandbox, name: string, process: ProcessSpec): Promise<Fault | undefined> {
    const extension = this.extensions.launched(name);
    const tooMany = this.extensions.all.length > environmentLimits.extensions;
    try {
      if (!tooMany) this.#launched.set(extension, this.#watch("extension", await sandbox.start(process)));
      else extension.failure = "TooManyExtensions";
    } catch (error) {
      const { fault, failure } = launchFault(process.command[0], error);
      extension.state = "LaunchError";
      extension.failure = failure;
      return fault;
    }
    if (!tooMany) return undefined;
    extension.state = "LaunchError";
    return { kind: "broken", errorType: "Extension.LaunchError", reason: "ErrTooManyExtensions" };
  }

  /**
   * Runs one invocation; only while `ready`. `onPosted` is called when the runtime has answered, `onAnswer` when it has
   * and the invocation does not end at once, which its caller need not wait for, `onRuntimeDone` when the runtime has
   * done its part.
   */
  async invoke(
    event: NextEvent,
    extensionEvent: () => object,
    limitMs: number,
    told: {
      onPosted(): void;
      onAnswer(posted: PostedResult): void;
      onRuntimeDone(result: InvokeResult): void;
    },
  ): Promise<InvokeResult> {
    this.#ready = false;
    this.#posted = undefined;
    this.#moments = {};
    const began = this.#clock.monotonicMs();
    const leftMs = () => limitMs - (this.#clock.monotonicMs() - began);
    const receivers = this.extensions.some ? this.extensions.send("INVOKE", extensionEvent()) : NOBODY;
    this.api.dispatch(event);
    const broken = () => this.#fault() !== undefined;
    const runtimeDone = () => this.#ready || broken();
    const ended = () => (this.#ready && receivers.every(({ state }) => state === "Ready")) || broken();
    await this.#wait.until(() => this.#posted !== undefined || runtimeDone(), limitMs);
    if (this.#posted !== undefined) {
      told.onPosted();
      if (!ended()) {
        await this.#wait.until(ended, Math.min(environmentLimits.answerHeldMs, leftMs()));
        if (!ended()) told.onAnswer(this.#posted);
      }
    }
    if (!runtimeDone()) await this.#wait.until(runtimeDone, leftMs());
    await this.#drainOutput();
    told.onRuntimeDone(this.#result(this.#ready));
    if (!ended()) await this.#wait.until(ended, leftMs());
    return this.#result(ended());
  }

  #result(done: boolean): InvokeResult {
    const fault = this.#fault() ?? (done ? undefined : TIMEOUT);
    return fault === undefined ? { posted: this.#posted } : { posted: this.#posted, fault };
  }

  /** Shuts everything down as `shutDown` does, then kills what is left in the sandbox. `/tmp` stays. */
  async stop(sandbox: Sandbox, reason: ShutdownReason): Promise<void> {
    await this.shutDown(reason);
    this.#forget();
    this.extensions.reset();
    await sandbox.killProcesses();
    this.#log.flush();
  }

  /** Lets extensions and the runtime know of the end, and reads what they say before it. */
  async shutDown(reason: ShutdownReason): Promise<void> {
    const told = await shutDown(
      {
        runtime: this.#runtime,
        extensions: this.extensions,
        launched: this.#launched,
        wait: this.#wait,
        clock: this.#clock,
        log: this.#serverLog,
      },
      reason,
    );
    if (told) await this.#drainOutput();
  }

  #drainOutput(): Promise<void> {
    return drainOutput(this.#runtime, this.#pace, this.#clock);
  }

  #forget(): void {
    this.#ready = false;
    this.#runtime = undefined;
    this.#runtimeStarted = false;
    this.#launched.clear();
    this.#initFailure = undefined;
    this.api.reset();
  }

  #fault(): Fault | undefined {
    if (this.#initFailure !== undefined) return { kind: "reported", posted: this.#initFailure };
    if (this.#runtime?.exit !== undefined) return { kind: "exit", exit: this.#runtime.exit };
    if (!this.extensions.some) return undefined;
    for (const { failure, state } of this.extensions.all) {
      if (state === "InitError" || state === "ExitError")
        return { kind: "broken", errorType: `Extension.${state}`, reason: failure ?? state };
    }
    for (const [extension, { exit }] of this.#launched) {
      if (exit === undefined) continue;
      if (extension.state !== "Exited") extension.state = "Exited";
      return { kind: "broken", errorType: "Extension.Crash", reason: crashReason(exit) };
    }
    return undefined;
  }

  #watch(kind: "function" | "extension", process: Awaited<ReturnType<Sandbox["start"]>>): RunningProcess {
    return new RunningProcess(kind, process, this.#log, this.#pace, () => this.#wait.look());
  }

  /** Whether something came to be, before anything broke or the time was over. */
  async #reached(holds: () => boolean, limitMs: number): Promise<boolean> {
    await this.#wait.until(() => holds() || this.#fault() !== undefined, limitMs);
    return holds() && this.#fault() === undefined;
  }
}

const TIMEOUT: Fault = { kind: "timeout" };
const NOBODY: readonly Extension[] = [];
