import { setImmediate as nextTurn } from "node:timers/promises";
import { type Clock, environmentLimits, type Log, sleep, toError } from "../base/index.ts";
import type { EnvironmentLogStream } from "./log-stream.ts";
import type { PostedResult } from "./runtime-api/posted-result.ts";
import { type FurtherApi, type NextEvent, RuntimeApi } from "./runtime-api/runtime-api.ts";
import type { ProcessExit, ProcessSpec, Sandbox, SandboxProcess } from "./sandbox/index.ts";

/** How an init ended. `failure` is there if the runtime itself told what was wrong. */
export type InitResult =
  | { readonly kind: "ready"; readonly durationMs: number }
  | { readonly kind: "timeout"; readonly durationMs: number }
  | { readonly kind: "failure"; readonly durationMs: number; readonly failure: PostedResult }
  | { readonly kind: "exit"; readonly durationMs: number; readonly exit: ProcessExit }
  | { readonly kind: "entrypoint"; readonly durationMs: number; readonly reason: string };

/** How an invocation ended: the runtime asked for more, was out of time, or died; with what it had posted before. */
export interface InvokeResult {
  readonly kind: "ready" | "timeout" | "exit";
  readonly posted: PostedResult | undefined;
  readonly exit: ProcessExit | undefined;
}

/**
 * One runtime process in a sandbox and the Runtime API that it speaks. Its owner makes one call at a time; after
 * anything but `ready` the next step is `kill` and then a new `init`.
 */
export class RuntimeSupervisor {
  readonly api: RuntimeApi;
  readonly #clock: Clock;
  readonly #log: EnvironmentLogStream;
  #process: SandboxProcess | undefined;
  #exit: ProcessExit | undefined;
  #ready = false;
  #initFailure: PostedResult | undefined;
  #posted: PostedResult | undefined;
  #wake: (() => void) | undefined;
  #aborted = false;

  constructor(options: {
    readonly clock: Clock;
    readonly log: EnvironmentLogStream;
    readonly serverLog: Log;
    readonly furtherApi: FurtherApi;
  }) {
    this.#clock = options.clock;
    this.#log = options.log;
    this.api = new RuntimeApi(
      {
        onReady: () => {
          this.#ready = true;
          this.#wake?.();
        },
        onInitError: (failure) => {
          this.#initFailure = failure;
          this.#wake?.();
        },
        onResult: (posted) => {
          this.#posted = posted;
          this.#wake?.();
        },
      },
      options.furtherApi,
      options.serverLog,
    );
  }

  /** Whether the runtime waits for an invocation. */
  get ready(): boolean {
    return this.#ready && this.#exit === undefined;
  }

  /** Gives up what is waited for; the owner is about to destroy the sandbox. */
  abort(): void {
    this.#aborted = true;
    this.#wake?.();
  }

  /** Starts the runtime and waits until it asks for its first invocation. */
  async init(sandbox: Sandbox, spec: ProcessSpec, limitMs: number): Promise<InitResult> {
    this.api.reset();
    this.#exit = undefined;
    this.#ready = false;
    this.#initFailure = undefined;
    const began = this.#clock.monotonicMs();
    const durationMs = () => this.#clock.monotonicMs() - began;
    try {
      this.#watch(await sandbox.start(spec));
    } catch (error) {
      return { kind: "entrypoint", durationMs: durationMs(), reason: toError(error).message };
    }
    await this.#until(
      () => this.#ready || this.#exit !== undefined || this.#initFailure !== undefined,
      limitMs - durationMs(),
    );
    const took = durationMs();
    // A runtime that reported its failure is about to log and exit by itself.
    if (this.#initFailure !== undefined) {
      await this.#until(() => this.#exit !== undefined, environmentLimits.initErrorExitMs);
    }
    if (!this.#ready) await this.#drainOutput();
    if (this.#initFailure !== undefined)
      return { kind: "failure", durationMs: took, failure: this.#initFailure };
    if (this.#ready) return { kind: "ready", durationMs: took };
    if (this.#exit !== undefined) return { kind: "exit", durationMs: took, exit: this.#exit };
    return { kind: "timeout", durationMs: took };
  }

  /**
   * Runs one invocation; only while `ready`. `onAnswer` is called if the runtime answers and does not ask for more at
   * once, which the invocation waits for but its caller need not.
   */
  async invoke(
    event: NextEvent,
    limitMs: number,
    onAnswer: (posted: PostedResult) => void,
  ): Promise<InvokeResult> {
    this.#ready = false;
    this.#posted = undefined;
    const began = this.#clock.monotonicMs();
    const ended = () => this.#ready || this.#exit !== undefined;
    const leftMs = () => limitMs - (this.#clock.monotonicMs() - began);
    this.api.dispatch(event);
    await this.#until(() => this.#posted !== undefined || ended(), limitMs);
    if (this.#posted !== undefined && !ended()) {
      await this.#until(ended, Math.min(environmentLimits.answerHeldMs, leftMs()));
      if (!ended()) {
        onAnswer(this.#posted);
        await this.#until(ended, leftMs());
      }
    }
    await this.#drainOutput();
    const kind = this.#ready ? "ready" : this.#exit !== undefined ? "exit" : "timeout";
    return { kind, posted: this.#posted, exit: this.#exit };
  }

  /** Ends every process of the sandbox and forgets what they said. `/tmp` stays. */
  async kill(sandbox: Sandbox): Promise<void> {
    this.#ready = false;
    this.#process = undefined;
    this.api.reset();
    await sandbox.killProcesses();
    this.#log.flush();
  }

  #watch(process: SandboxProcess): void {
    this.#process = process;
    process.output.on("data", (bytes: Buffer) => this.#log.output(bytes));
    process.output.on("error", () => undefined); // What was read so far is all there is.
    const onExit = (exit: ProcessExit) => {
      if (this.#process !== process) return;
      this.#exit = exit;
      this.#wake?.();
    };
    process.exited.then(onExit, () => onExit({ outOfMemory: false }));
  }

  async #until(holds: () => boolean, limitMs: number): Promise<void> {
    if (holds() || this.#aborted || limitMs <= 0) return;
    await new Promise<void>((resolve) => {
      const finish = () => {
        timer.cancel();
        this.#wake = undefined;
        resolve();
      };
      const timer = this.#clock.after(limitMs, finish);
      this.#wake = () => {
        if (holds() || this.#aborted) finish();
      };
    });
  }

  /**
   * Output travels through a pipe and answers through a socket. What a runtime wrote before it asked for more is in
   * the pipe by then, so one turn of the event loop that polls both reads it; turns are added while more arrives.
   * After an exit the end of the pipe tells, unless somebody else still holds it open.
   */
  async #drainOutput(): Promise<void> {
    const output = this.#process?.output;
    if (this.#exit !== undefined && output !== undefined && !output.readableEnded && !output.destroyed) {
      const ended = new AbortController();
      const end = () => ended.abort();
      output.once("end", end).once("close", end);
      await sleep(this.#clock, environmentLimits.outputDrainMs, ended.signal);
      output.off("end", end).off("close", end);
    }
    for (let turns = 0; turns < DRAIN_TURNS_MOST; turns++) {
      const before = this.#log.receivedBytes;
      await nextTurn();
      await nextTurn();
      if (this.#log.receivedBytes === before) break;
    }
  }
}

/** A background thread that prints without end holds up nobody's answer. */
const DRAIN_TURNS_MOST = 8;
