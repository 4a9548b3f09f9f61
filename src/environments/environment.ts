import type { Socket } from "node:net";
import { environmentLimits, type Log, type Timer, toError } from "../base/index.ts";
import type { Runtime } from "../runtimes/index.ts";
import { answersSent } from "./answers-sent.ts";
import {
  type Conclusion,
  concludeInit,
  concludeInvoke,
  concludePosted,
  sandboxConclusion,
} from "./conclusion.ts";
import type { EnvironmentContext } from "./environment-context.ts";
import { invokeDocument } from "./extensions/extension.ts";
import { Freezer } from "./freezer.ts";
import { FullSpeed } from "./full-speed.ts";
import { furtherApis } from "./further-apis.ts";
import { initStartEvent, tellInit } from "./init-events.ts";
import { initLimitMs } from "./init-limit.ts";
import {
  type Environment,
  type EnvironmentListener,
  type EnvironmentSpec,
  type EnvironmentState,
  InitFailed,
  type Invocation,
  type InvocationOutcome,
  type ResponseReceiver,
} from "./interfaces.ts";
import { launchSpec } from "./launch.ts";
import { EnvironmentLogStream, logStreamName } from "./logs/log-stream.ts";
import type { InitPhase } from "./logs/platform-event.ts";
import { MemoryGauge } from "./memory-gauge.ts";
import { type OpenedSandbox, openSandbox } from "./open-sandbox.ts";
import {
  invocationReport,
  nextEvent,
  outcomeOf,
  reportEvent,
  runtimeDoneEvent,
  startEvent,
} from "./outcome.ts";
import { PacedResponse } from "./paced-response.ts";
import type { Sandbox, SandboxAddresses } from "./sandbox/index.ts";
import { StartProfile } from "./start-profile.ts";
import { type InvokeResult, type LaunchSpec, Supervisor } from "./supervisor.ts";
import { TelemetryHub } from "./telemetry/telemetry-hub.ts";

/** The environment was gone before the invocation began; another one has to run it. */
export class EnvironmentLost extends Error {
  override readonly name = "EnvironmentLost";
}

/**
 * One sandbox with one runtime, through its life: init, invocations one at a time, freeze in between, a new init
 * after a failed one, and the end. https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
 */
export class ExecutionEnvironment implements Environment {
  readonly id: string;
  readonly key: string;
  readonly #spec: EnvironmentSpec;
  readonly #runtime: Runtime;
  readonly #context: EnvironmentContext;
  readonly #listener: EnvironmentListener;
  readonly #log: Log;
  readonly #stream: EnvironmentLogStream;
  readonly #streamName: string;
  readonly #metadataToken: string;
  readonly #credentialsToken: string | undefined;
  readonly #telemetry: TelemetryHub;
  readonly #supervisor: Supervisor;
  readonly #fullSpeed: FullSpeed;
  #phase: "starting" | "idle" | "busy" | "ending" = "starting";
  readonly #profile: StartProfile;
  #opened: OpenedSandbox | undefined;
  #freezer: Freezer | undefined;
  #memory: MemoryGauge | undefined;
  /** Of an init right before the first invocation, whose report tells it. */
  #initDurationMs: number | undefined;
  /** The last init failed, so that the next one does not announce itself again. */
  #initFailed = false;
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
    const { clock, randomness } = context;
    this.id = id;
    this.key = spec.key;
    this.#spec = spec;
    this.#runtime = runtime;
    this.#context = context;
    this.#listener = listener;
    this.#profile = new StartProfile(clock);
    this.#fullSpeed = new FullSpeed(clock);
    this.#log = context.log.with({ environment: id, function: spec.functionArn, version: spec.version });
    this.#streamName = logStreamName(spec, clock.now(), randomness.hex(32));
    this.#telemetry = new TelemetryHub(clock, {
      connect: async (port) => {
        if (this.#opened === undefined) throw new EnvironmentLost(`environment ${id} is not there`);
        return this.#opened.sandbox.connect(port);
      },
      onDropped: (record) => this.#stream.dropped(record),
    });
    this.#stream = new EnvironmentLogStream(context.logs, clock, spec, this.#streamName, this.#telemetry);
    this.#lifetime = clock.after(environmentLimits.lifetimeMs, () => {
      if (this.idle) void this.#finish();
      else this.#retiring = true;
    });
    this.#metadataToken = randomness.hex(64);
    this.#credentialsToken = spec.initialization === "snap-start" ? randomness.uuid() : undefined;
    this.#supervisor = new Supervisor({
      clock,
      randomness,
      outputTurn: context.outputTurn,
      log: this.#stream,
      serverLog: this.#log,
      of: spec,
      snapshots: spec.initialization === "snap-start",
      furtherApis: furtherApis({
        region: spec.region,
        metadataToken: this.#metadataToken,
        credentialsToken: this.#credentialsToken,
        credentials: () => context.credentials(spec),
        hub: this.#telemetry,
        stream: this.#stream,
        findExtension: (extensionId) => this.#supervisor.extensions.find(extensionId),
        sandbox: () => this.#opened?.sandbox,
      }),
    });
  }

  get idle(): boolean {
    return this.#phase === "idle";
  }

  get state(): EnvironmentState {
    if (this.#phase !== "idle") return this.#phase;
    if (!this.#supervisor.ready) return "reset";
    return this.#freezer?.frozen === true ? "frozen" : "idle";
  }

  get memoryMiB(): number {
    return this.#memory?.knownMiB ?? 0;
  }

  get debugged(): boolean {
    return this.#opened !== undefined && this.#context.debug?.holds(this.#opened.sandbox) === true;
  }

  readMemory(): void {
    this.#memory?.prepare();
  }

  /** Creates the sandbox and runs the first init. A failed init is repeated within the first invocation. */
  start(): void {
    this.#started = this.#start().catch((error: unknown) => {
      void this.#finish(toError(error));
    });
  }

  async #start(): Promise<void> {
    const { onEndpoint } = this.#context;
    const { account } = this.#spec;
    await this.#runtime.prepare?.();
    const listeners = {
      onRuntimeApi: (socket: Socket) => this.#supervisor.api.accept(socket),
      onEndpoint: (socket: Socket) => onEndpoint(socket, { environmentId: this.id, account }),
    };
    const opened = await openSandbox(this.id, this.#spec, this.#runtime, this.#context, listeners, {
      profile: this.#profile,
      prepare: (addresses) => this.#launchSpec(addresses),
    });
    const { sandbox } = opened;
    this.#opened = opened;
    if (this.#end !== undefined) return;
    this.#context.debug?.enter(sandbox);
    this.#memory = new MemoryGauge(sandbox, this.#context.clock);
    this.#freezer = new Freezer(sandbox, this.#context.clock, {
      onFault: (error) => void this.#finish(toError(error)),
      busy: () => this.#telemetry.busy,
      onFreeze: () => this.#telemetry.pause(),
    });
    const initMs = initLimitMs(this.#spec, this.#context.initMs);
    const conclusion = await this.#init(opened, "init", initMs, { begun: opened.launch });
    this.#profile.reach("ready");
    if (this.#end !== undefined) return;
    const { ahead, initialization } = this.#spec;
    const awaited = initialization !== "provisioned-concurrency" && ahead !== true;
    if (conclusion.failed && !awaited) throw new InitFailed(conclusion.errorType ?? "the init failed");
    if (conclusion.failed) await this.#supervisor.stop(sandbox, "failure");
    else if (awaited && initialization === "on-demand") this.#initDurationMs = conclusion.initDurationMs;
    // Whoever waits gets it before anything else is done.
    this.#becomeIdle();
    this.#initEnded(sandbox, conclusion);
  }

  /** The CPU share holds from here on, which is not waited for; what was used is read so that nobody waits for it later. */
  #initEnded(sandbox: Sandbox, { failed }: Conclusion): void {
    if (this.#end !== undefined) return;
    this.readMemory();
    if (!failed) sandbox.limitCpu(true).catch((error) => void this.#finish(toError(error)));
  }

  #launchSpec({ runtimeApiAddress, endpointUrl }: SandboxAddresses): Promise<LaunchSpec> {
    const { credentials, debug } = this.#context;
    return launchSpec({
      spec: this.#spec,
      runtime: this.#runtime,
      credentials: credentials(this.#spec),
      logStream: this.#streamName,
      runtimeApiAddress,
      endpointUrl,
      metadataToken: this.#metadataToken,
      ...(debug === undefined ? {} : { debugPort: debug.port }),
      ...(this.#credentialsToken === undefined ? {} : { credentialsToken: this.#credentialsToken }),
    });
  }

  /** One init with what is told of it. A failed one leaves processes that have to be stopped. */
  async #init(
    opened: OpenedSandbox,
    phase: InitPhase,
    limitMs: number,
    { requestId = "", begun }: { readonly requestId?: string; readonly begun?: Promise<LaunchSpec> } = {},
  ): Promise<Conclusion & { readonly initDurationMs: number }> {
    const { sandbox } = opened;
    this.#telemetry.reset();
    const announced = !this.#initFailed;
    this.#stream.platform(
      initStartEvent(this.#spec, phase, this.#streamName, announced ? this.#runtime : undefined),
    );
    if (announced && this.#runtime.notice !== undefined) this.#stream.warn(this.#runtime.notice);
    await sandbox.limitCpu(!this.#fullSpeed.take());
    const launch = await (begun ?? this.#launchSpec(sandbox));
    this.#profile.reach("prepared");
    const result = await this.#supervisor.init(sandbox, launch, limitMs, (runtime) =>
      opened.start(runtime, (socket) => this.#supervisor.api.accept(socket)),
    );
    const conclusion = concludeInit(result.fault, requestId, this.#spec.timeoutMs);
    this.#initFailed = conclusion.failed;
    const { durationMs } = result;
    if (this.#end !== undefined) return { ...conclusion, initDurationMs: durationMs };
    tellInit(this.#stream, this.#spec, phase, conclusion, result, this.#supervisor.extensions.all);
    this.#telemetry.closeSubscriptions();
    return { ...conclusion, initDurationMs: durationMs };
  }

  dispatch(invocation: Invocation, response?: ResponseReceiver): Promise<InvocationOutcome> {
    const opened = this.#opened;
    if (this.#phase !== "idle" || opened === undefined) {
      return Promise.reject(new EnvironmentLost(`environment ${this.id} is not idle`));
    }
    this.#phase = "busy";
    const paced = response === undefined ? undefined : new PacedResponse(response, this.#context.clock);
    return new Promise<InvocationOutcome>((resolve, reject) => {
      const ended = this.#invoke(opened, invocation, paced, resolve).catch(reject);
      // The caller's answer is out by then.
      void ended.then(() => this.#becomeIdle());
    });
  }

  /** Resolves when the invocation has ended; `answer` is called then or before. */
  async #invoke(
    opened: OpenedSandbox,
    invocation: Invocation,
    response: PacedResponse | undefined,
    answer: (outcome: InvocationOutcome) => void,
  ): Promise<void> {
    const { clock } = this.#context;
    const { requestId, wantsLogTail } = invocation;
    const thawing = this.#freezer?.thaw();
    if (thawing !== undefined) await this.#thawed(thawing);
    opened.sandbox.prioritize();
    const startedAt = clock.now();
    const began = clock.monotonicMs();
    if (wantsLogTail) this.#stream.startTail();
    const answerWith = (
      conclusion: Conclusion,
      known: Pick<InvocationOutcome, "logTail" | "reportSoFar"> = NOTHING_MORE,
    ) => {
      this.#profile.reach("answered");
      const of = { environmentId: this.id, logStream: this.#streamName, isolation: this.#context.tier.name };
      answer(outcomeOf(conclusion, of, response?.bytes, known));
    };
    // The tail of the log ends with the report.
    const answerEarly = (conclusion: Conclusion, tookMs = clock.monotonicMs() - began) => {
      if (wantsLogTail) return;
      answerWith(conclusion, {
        reportSoFar: invocationReport(this.#spec, conclusion, {
          startedAt,
          durationMs: tookMs,
          initDurationMs: this.#initDurationMs,
          peakMiB: 0,
          postRuntimeExtensionsMs: undefined,
        }),
      });
    };
    let conclusion: Conclusion;
    let durationMs: number;
    this.#profile.cameFrom(invocation.moments);
    this.#profile.reach("dispatched");
    try {
      const owed = this.#supervisor.ready ? undefined : await this.#owedInit(opened, requestId, began);
      const ending =
        owed?.failed === true ? owed : this.#run(invocation, { startedAt, began, response, answerEarly });
      // The runtime has its event by now; what it prints is read in a later turn.
      this.#stream.platform(startEvent(this.#spec, invocation));
      this.#memory?.prepareAhead();
      conclusion =
        ending instanceof Promise ? concludeInvoke(await ending, requestId, this.#spec.timeoutMs) : ending;
      durationMs = clock.monotonicMs() - began;
      const { fault } = conclusion;
      if (fault !== undefined) this.#stream.platform({ type: "platform.fault", record: fault });
      if (conclusion.mustReset) {
        // Extensions may take seconds to leave.
        if (this.#supervisor.extensions.some) answerEarly(conclusion, durationMs);
        await this.#reset(opened.sandbox, conclusion);
      }
    } catch (error) {
      this.#log.error("invocation broke its sandbox", { requestId, error });
      durationMs = clock.monotonicMs() - began;
      conclusion = sandboxConclusion(requestId);
      void this.#finish(toError(error));
    }
    const initDurationMs = this.#initDurationMs;
    this.#initDurationMs = undefined;
    const reading = this.#memory?.reading();
    if (reading !== undefined) await reading;
    const peakMiB = this.#memory?.knownMiB ?? 0;
    const postRuntimeExtensionsMs = this.#postRuntimeExtensionsMs(began, durationMs);
    const report = invocationReport(this.#spec, conclusion, {
      startedAt,
      durationMs,
      initDurationMs,
      peakMiB,
      postRuntimeExtensionsMs,
    });
    invocation.onReport?.(report);
    if (!wantsLogTail) {
      answerWith(conclusion);
      await answersSent();
    }
    this.#stream.platform(
      { type: "platform.end", record: { requestId } },
      reportEvent(this.#spec, invocation, conclusion, report),
    );
    if (wantsLogTail) answerWith(conclusion, { logTail: this.#stream.takeTail() });
    this.#profile.tell(this.#log, this.#supervisor.moments.posted);
  }

  async #thawed(thawing: Promise<void>): Promise<void> {
    try {
      await thawing;
    } catch (error) {
      void this.#finish(toError(error));
      throw new EnvironmentLost(`environment ${this.id} could not be thawed`, { cause: error });
    }
    this.#telemetry.resume();
  }

  #postRuntimeExtensionsMs(began: number, durationMs: number): number | undefined {
    if (!this.#supervisor.extensions.some) return undefined;
    const { ready } = this.#supervisor.moments;
    if (ready === undefined || ready < began) return undefined;
    return Math.max(0, began + durationMs - ready);
  }

  /** The init that has to be repeated, within the function's time. */
  async #owedInit(opened: OpenedSandbox, requestId: string, began: number): Promise<Conclusion> {
    // Also after an exit in between: what the dead runtime left behind must not live on beside the new one.
    await this.#supervisor.stop(opened.sandbox, "failure");
    this.#initDurationMs = undefined;
    const leftMs = this.#spec.timeoutMs - (this.#context.clock.monotonicMs() - began);
    const conclusion = await this.#init(opened, "invoke", leftMs, { requestId });
    this.#initEnded(opened.sandbox, conclusion);
    return conclusion;
  }

  /** The handler, in what is left of the function's time. */
  #run(
    invocation: Invocation,
    {
      startedAt,
      began,
      response,
      answerEarly,
    }: {
      readonly startedAt: number;
      readonly began: number;
      readonly response: ResponseReceiver | undefined;
      readonly answerEarly: (conclusion: Conclusion) => void;
    },
  ): Promise<InvokeResult> {
    const { clock } = this.#context;
    const { timeoutMs } = this.#spec;
    const { requestId } = invocation;
    const deadlineMs = startedAt + timeoutMs + (this.#context.debug?.grantedMs ?? 0);
    const onRuntimeDone = (done: InvokeResult) => {
      if (!this.#stream.detailed) return;
      const conclusion = concludeInvoke(done, requestId, timeoutMs);
      const { moments } = this.#supervisor;
      const durationMs = (moments.ready ?? clock.monotonicMs()) - began;
      const producedBytes = done.posted?.payload.length;
      this.#stream.platform(
        runtimeDoneEvent(invocation, conclusion, { startedAt, began, durationMs, moments, producedBytes }),
      );
    };
    return this.#supervisor.invoke(
      nextEvent(invocation, deadlineMs, response),
      () => invokeDocument(invocation, deadlineMs),
      timeoutMs - (clock.monotonicMs() - began),
      {
        onPosted: () => this.#memory?.prepare(),
        onAnswer: (early) => answerEarly(concludePosted(early)),
        onRuntimeDone,
      },
    );
  }

  async #reset(sandbox: Sandbox, conclusion: Conclusion): Promise<void> {
    await this.#memory?.refresh();
    this.#telemetry.flush();
    await this.#supervisor.stop(sandbox, conclusion.status === "timeout" ? "timeout" : "failure");
  }

  #becomeIdle(): void {
    if (this.#end !== undefined) return;
    if (this.#retiring) {
      void this.#finish();
      return;
    }
    this.#phase = "idle";
    this.#telemetry.flush();
    if (this.#supervisor.ready && this.#context.debug === undefined) this.#freezer?.schedule();
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
  async #leave(): Promise<void> {
    if (!this.#supervisor.extensions.some) return;
    await this.#freezer?.thaw();
    this.#telemetry.resume();
    this.#telemetry.flush();
    await this.#supervisor.shutDown("spindown");
  }

  async #destroy(error: Error | undefined): Promise<void> {
    this.#phase = "ending";
    this.#lifetime.cancel();
    this.#freezer?.cancel();
    this.#supervisor.abort();
    if (error !== undefined) this.#log.error("environment failed", { error });
    // The sandbox may still be in the making.
    if (this.#opened === undefined) await this.#started;
    if (this.#opened !== undefined) this.#context.debug?.leave(this.#opened.sandbox);
    try {
      if (this.#opened !== undefined) await this.#leave();
      await this.#opened?.sandbox.destroy();
    } catch (destroyError) {
      this.#log.error("sandbox could not be destroyed", { error: destroyError });
    }
    this.#supervisor.api.reset();
    this.#telemetry.close();
    this.#stream.flush();
    this.#listener.onGone(this, error);
    for (const resolve of this.#onGone) resolve();
  }
}

const NOTHING_MORE = {} as const;
