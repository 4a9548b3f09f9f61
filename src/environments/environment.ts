import type { Socket } from "node:net";
import { environmentLimits, type Timer, toError } from "../base/index.ts";
import type { Runtime } from "../runtimes/index.ts";
import type { EnvironmentContext } from "./environment-context.ts";
import { type EnvironmentParts, environmentParts } from "./environment-parts.ts";
import { Freezer } from "./freezer.ts";
import { Inits } from "./inits.ts";
import {
  type Environment,
  type EnvironmentListener,
  EnvironmentLost,
  type EnvironmentSpec,
  type EnvironmentState,
  InitFailed,
  type Invocation,
  type InvocationOutcome,
  type ResponseReceiver,
} from "./interfaces.ts";
import { InvocationRun } from "./invocation-run.ts";
import { MemoryGauge } from "./memory-gauge.ts";
import { type OpenedSandbox, openSandbox } from "./open-sandbox.ts";
import { PacedResponse } from "./paced-response.ts";

/** What an environment has once it has a sandbox. */
interface Place {
  readonly opened: OpenedSandbox;
  readonly freezer: Freezer;
  readonly memory: MemoryGauge;
}

/**
 * One sandbox with one runtime, through its life: init, invocations one at a time, freeze in between, a new init
 * after a failed one, and the end. https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
 */
export class ExecutionEnvironment implements Environment {
  readonly id: string;
  readonly key: string;
  readonly #parts: EnvironmentParts;
  readonly #listener: EnvironmentListener;
  readonly #inits: Inits;
  #phase: "starting" | "idle" | "busy" | "ending" = "starting";
  #place: Place | undefined;
  /** Of an init right before the first invocation, whose report tells it. */
  #initDurationMs: number | undefined;
  #retiring = false;
  readonly #lifetime: Timer;
  #end: Promise<void> | undefined;
  #started: Promise<void> | undefined;

  constructor(
    id: string,
    spec: EnvironmentSpec,
    runtime: Runtime,
    context: EnvironmentContext,
    listener: EnvironmentListener,
  ) {
    this.id = id;
    this.key = spec.key;
    this.#listener = listener;
    this.#parts = environmentParts(id, spec, runtime, context, () => this.#place?.opened.sandbox);
    this.#inits = new Inits(this.#parts, {
      ended: () => this.#end !== undefined,
      readMemory: () => this.readMemory(),
      onFault: (error) => void this.#finish(error),
    });
    this.#lifetime = context.clock.after(environmentLimits.lifetimeMs, () => {
      if (this.idle) void this.#finish();
      else this.#retiring = true;
    });
  }

  get idle(): boolean {
    return this.#phase === "idle";
  }

  get state(): EnvironmentState {
    if (this.#phase !== "idle") return this.#phase;
    if (!this.#parts.supervisor.ready) return "reset";
    return this.#place?.freezer.frozen === true ? "frozen" : "idle";
  }

  get memoryMiB(): number {
    return this.#place?.memory.knownMiB ?? 0;
  }

  get debugged(): boolean {
    return this.#place !== undefined && this.#parts.context.debug?.holds(this.#place.opened.sandbox) === true;
  }

  readMemory(): void {
    this.#place?.memory.prepare();
  }

  /** Creates the sandbox and runs the first init. A failed init is repeated within the first invocation. */
  start(): void {
    this.#started = this.#start().catch((error: unknown) => {
      void this.#finish(toError(error));
    });
  }

  async #start(): Promise<void> {
    const { context, id, launch, profile, runtime, spec, supervisor } = this.#parts;
    await runtime.prepare?.();
    const listeners = {
      onRuntimeApi: (socket: Socket) => supervisor.api.accept(socket),
      onEndpoint: (socket: Socket) =>
        context.onEndpoint(socket, { environmentId: id, account: spec.account }),
    };
    const opened = await openSandbox(id, spec, runtime, context, listeners, { profile, prepare: launch });
    this.#place = this.#settleIn(opened);
    if (this.#end !== undefined) return;
    context.debug?.enter(opened.sandbox);
    const conclusion = await this.#inits.first(opened);
    profile.reach("ready");
    if (this.#end !== undefined) return;
    const { ahead, initialization } = spec;
    const awaited = initialization !== "provisioned-concurrency" && ahead !== true;
    if (conclusion.failed && !awaited) throw new InitFailed(conclusion.errorType ?? "the init failed");
    if (conclusion.failed) await supervisor.stop(opened.sandbox, "failure");
    else if (awaited && initialization === "on-demand") this.#initDurationMs = conclusion.initDurationMs;
    // Whoever waits gets it before anything else is done.
    this.#becomeIdle();
    this.#inits.settle(opened, conclusion);
  }

  #settleIn(opened: OpenedSandbox): Place {
    const { context, telemetry } = this.#parts;
    const { sandbox } = opened;
    const freezer = new Freezer(sandbox, context.clock, {
      onFault: (error) => void this.#finish(toError(error)),
      busy: () => telemetry.busy,
      onFreeze: () => telemetry.pause(),
    });
    return { opened, freezer, memory: new MemoryGauge(sandbox, context.clock) };
  }

  dispatch(invocation: Invocation, response?: ResponseReceiver): Promise<InvocationOutcome> {
    const place = this.#place;
    if (this.#phase !== "idle" || place === undefined) {
      return Promise.reject(new EnvironmentLost(`environment ${this.id} is not idle`));
    }
    this.#phase = "busy";
    const paced = response === undefined ? undefined : new PacedResponse(response, this.#parts.context.clock);
    return new Promise<InvocationOutcome>((resolve, reject) => {
      const ended = this.#invoke(place, invocation, paced, resolve).catch(reject);
      // The caller's answer is out by then.
      void ended.then(() => this.#becomeIdle());
    });
  }

  /** Resolves when the invocation has ended; `answer` is called then or before. */
  async #invoke(
    { opened, freezer, memory }: Place,
    invocation: Invocation,
    response: PacedResponse | undefined,
    answer: (outcome: InvocationOutcome) => void,
  ): Promise<void> {
    const thawing = freezer.thaw();
    if (thawing !== undefined) await this.#thawed(thawing);
    opened.sandbox.prioritize();
    const initDurationMs = this.#initDurationMs;
    this.#initDurationMs = undefined;
    const run = new InvocationRun(this.#parts, invocation, {
      opened,
      memory,
      initDurationMs,
      response,
      answer,
      owedInit: (leftMs) => this.#inits.owed(opened, invocation.requestId, leftMs),
      onBroken: (error) => void this.#finish(error),
    });
    await run.run();
  }

  async #thawed(thawing: Promise<void>): Promise<void> {
    try {
      await thawing;
    } catch (error) {
      void this.#finish(toError(error));
      throw new EnvironmentLost(`environment ${this.id} could not be thawed`, { cause: error });
    }
    this.#parts.telemetry.resume();
  }

  #becomeIdle(): void {
    if (this.#end !== undefined) return;
    if (this.#retiring) {
      void this.#finish();
      return;
    }
    const { context, supervisor, telemetry } = this.#parts;
    this.#phase = "idle";
    telemetry.flush();
    if (supervisor.ready && context.debug === undefined) this.#place?.freezer.schedule();
    this.#listener.onIdle(this);
  }

  retire(): Promise<void> {
    this.#retiring = true;
    if (this.#phase !== "busy") return this.#finish();
    return new Promise((resolve) => {
      this.#onGone.push(resolve);
    });
  }

  readonly #onGone: (() => void)[] = [];

  /** Ends the environment, once; resolves when nothing of it is left. */
  #finish(error?: Error): Promise<void> {
    this.#end ??= this.#destroy(error);
    return this.#end;
  }

  /** Extensions hear of the end, for which a frozen sandbox has to run again. */
  async #leave({ freezer }: Place): Promise<void> {
    const { supervisor, telemetry } = this.#parts;
    if (!supervisor.extensions.some) return;
    await freezer.thaw();
    telemetry.resume();
    telemetry.flush();
    await supervisor.shutDown("spindown");
  }

  async #destroy(error: Error | undefined): Promise<void> {
    const { context, log, stream, supervisor, telemetry } = this.#parts;
    this.#phase = "ending";
    this.#lifetime.cancel();
    this.#place?.freezer.cancel();
    supervisor.abort();
    if (error !== undefined) log.error("environment failed", { error });
    // The sandbox may still be in the making.
    if (this.#place === undefined) await this.#started;
    const place = this.#place;
    if (place !== undefined) context.debug?.leave(place.opened.sandbox);
    try {
      if (place !== undefined) {
        await this.#leave(place);
        await place.opened.sandbox.destroy();
      }
    } catch (destroyError) {
      log.error("sandbox could not be destroyed", { error: destroyError });
    }
    supervisor.api.reset();
    telemetry.close();
    stream.flush();
    this.#listener.onGone(this, error);
    for (const resolve of this.#onGone) resolve();
  }
}
