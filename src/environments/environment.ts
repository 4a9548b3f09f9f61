import type { Socket } from "node:net";
import {
  type Clock,
  environmentLimits,
  type Log,
  type LogSink,
  type Randomness,
  type TemporaryCredentials,
  type Timer,
  toError,
} from "../base/index.ts";
import type { Runtime } from "../runtimes/index.ts";
import {
  type Conclusion,
  concludeInit,
  concludeInvoke,
  concludePosted,
  sandboxConclusion,
} from "./conclusion.ts";
import { Freezer } from "./freezer.ts";
import {
  type Environment,
  type EnvironmentListener,
  type EnvironmentSpec,
  InitFailed,
  type Invocation,
  type InvocationOutcome,
  type ResponseReceiver,
} from "./interfaces.ts";
import { EnvironmentLogStream, logStreamName } from "./log-stream.ts";
import { MemoryGauge } from "./memory-gauge.ts";
import { environmentMounts } from "./mounts.ts";
import { answerOf, invocationReport, reportLineOf } from "./outcome.ts";
import { PacedResponse } from "./paced-response.ts";
import { endLine, initReportLine, initStartLine, startLine } from "./platform-lines.ts";
import { metadataApi } from "./runtime-api/metadata.ts";
import type { PostedResult } from "./runtime-api/posted-result.ts";
import { RuntimeSupervisor } from "./runtime-supervisor.ts";
import type { Sandbox, SandboxTier } from "./sandbox/index.ts";
import { runtimeVariables } from "./variables.ts";

/** What all environments of a host share. */
export interface EnvironmentContext {
  readonly tier: SandboxTier;
  readonly credentials: (spec: EnvironmentSpec) => TemporaryCredentials;
  readonly logs: LogSink;
  /** A connection from inside to the AWS endpoint. */
  readonly onEndpoint: (
    socket: Socket,
    from: { readonly environmentId: string; readonly account: string },
  ) => void;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly log: Log;
  readonly initMs: number;
  readonly idleKeepMs: number;
}

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
  readonly #supervisor: RuntimeSupervisor;
  readonly #createdAt: number;
  #phase: "starting" | "idle" | "busy" | "ending" = "starting";
  #sandbox: Sandbox | undefined;
  #freezer: Freezer | undefined;
  #memory: MemoryGauge | undefined;
  /** Of an init right before the first invocation, whose report tells it. */
  #initDurationMs: number | undefined;
  /** The last init failed, so that the next one does not announce itself again. */
  #initFailed = false;
  #retiring = false;
  #recycle: Timer | undefined;
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
    this.#log = context.log.with({ environment: id, function: spec.functionArn, version: spec.version });
    this.#createdAt = clock.now();
    this.#streamName = logStreamName(spec, this.#createdAt, randomness.hex(32));
    this.#stream = new EnvironmentLogStream(context.logs, clock, spec, this.#streamName);
    this.#metadataToken = randomness.hex(64);
    this.#supervisor = new RuntimeSupervisor({
      clock,
      log: this.#stream,
      serverLog: this.#log,
      furtherApi: metadataApi(this.#metadataToken, spec.region),
    });
  }

  get idle(): boolean {
    return this.#phase === "idle";
  }

  /** Creates the sandbox and runs the first init. A failed init is repeated within the first invocation. */
  start(): void {
    this.#started = this.#start().catch((error: unknown) => {
      void this.#finish(toError(error));
    });
  }

  async #start(): Promise<void> {
    const { tier, onEndpoint } = this.#context;
    const { account } = this.#spec;
    const sandbox = await tier.create(
      {
        id: this.id,
        memoryMiB: this.#spec.memoryMiB,
        ephemeralStorageMiB: this.#spec.ephemeralStorageMiB,
        mounts: await environmentMounts(this.#runtime.mounts, this.#spec),
      },
      {
        onRuntimeApi: (socket) => this.#supervisor.api.accept(socket),
        onEndpoint: (socket) => onEndpoint(socket, { environmentId: this.id, account }),
      },
    );
    this.#sandbox = sandbox;
    if (this.#end !== undefined) return;
    this.#memory = new MemoryGauge(sandbox, this.#context.clock);
    this.#freezer = new Freezer(sandbox, this.#context.clock, (error) => void this.#finish(toError(error)));
    const conclusion = await this.#init(sandbox, "init", this.#context.initMs);
    if (this.#end !== undefined) return;
    const onDemand = this.#spec.initialization === "on-demand";
    if (conclusion.failed && !onDemand) throw new InitFailed(conclusion.errorType ?? "the init failed");
    if (conclusion.failed) await this.#supervisor.kill(sandbox);
    else if (onDemand) this.#initDurationMs = conclusion.initDurationMs;
    this.#becomeIdle();
  }

  /** One init with its log lines. A failed one leaves processes that have to be killed. */
  async #init(
    sandbox: Sandbox,
    phase: "init" | "invoke",
    limitMs: number,
    requestId = "",
  ): Promise<Conclusion & { readonly initDurationMs: number }> {
    const { runtimeVersion } = this.#runtime;
    if (!this.#initFailed) {
      this.#stream.platform(
        initStartLine(runtimeVersion, this.#runtime.runtimeVersionArn(this.#spec.region)),
      );
    }
    await sandbox.limitCpu(false);
    const variables = runtimeVariables({
      spec: this.#spec,
      runtime: this.#runtime,
      credentials: this.#context.credentials(this.#spec),
      logStream: this.#streamName,
      runtimeApiAddress: sandbox.runtimeApiAddress,
      endpointUrl: sandbox.endpointUrl,
      metadataToken: this.#metadataToken,
    });
    const command = this.#runtime.command({ memoryMiB: this.#spec.memoryMiB, variables });
    const result = await this.#supervisor.init(
      sandbox,
      { command, environment: variables, workingDirectory: "/var/task" },
      limitMs,
    );
    const conclusion = concludeInit(result, requestId, this.#spec.timeoutMs);
    this.#initFailed = conclusion.failed;
    if (this.#end !== undefined) return { ...conclusion, initDurationMs: result.durationMs };
    const { failure } = conclusion;
    if (failure === undefined) await sandbox.limitCpu(true);
    else this.#stream.platform(initReportLine({ durationMs: result.durationMs, phase, ...failure }));
    return { ...conclusion, initDurationMs: result.durationMs };
  }

  dispatch(invocation: Invocation, response?: ResponseReceiver): Promise<InvocationOutcome> {
    const sandbox = this.#sandbox;
    if (this.#phase !== "idle" || sandbox === undefined) {
      return Promise.reject(new EnvironmentLost(`environment ${this.id} is not idle`));
    }
    this.#phase = "busy";
    this.#recycle?.cancel();
    const paced = response === undefined ? undefined : new PacedResponse(response, this.#context.clock);
    const { promise, resolve, reject } = Promise.withResolvers<InvocationOutcome>();
    const ended = this.#invoke(sandbox, invocation, paced, resolve);
    ended.catch(reject);
    // Turns of the promise queue later, so that the caller gets its answer before the next work begins.
    void ended.then(ignore, ignore).then(() => this.#becomeIdle());
    return promise;
  }

  /** Resolves when the invocation has ended; `answer` is called then or before. */
  async #invoke(
    sandbox: Sandbox,
    invocation: Invocation,
    response: PacedResponse | undefined,
    answer: (outcome: InvocationOutcome) => void,
  ): Promise<void> {
    const { clock } = this.#context;
    const { requestId, wantsLogTail } = invocation;
    const thawing = this.#freezer?.thaw();
    if (thawing !== undefined) {
      try {
        await thawing;
      } catch (error) {
        void this.#finish(toError(error));
        throw new EnvironmentLost(`environment ${this.id} could not be thawed`, { cause: error });
      }
    }
    const startedAt = clock.now();
    const began = clock.monotonicMs();
    if (wantsLogTail) this.#stream.startTail();
    const answerWith = (conclusion: Conclusion, logTail?: Uint8Array) =>
      answer({
        ...answerOf(conclusion),
        ...(response === undefined ? {} : { streamedBytes: response.bytes }),
        ...(logTail === undefined ? {} : { logTail }),
        environmentId: this.id,
        logStream: this.#streamName,
        isolation: this.#context.tier.name,
      });
    const onAnswer = (posted: PostedResult) => {
      // The tail of the log ends with the report.
      if (!wantsLogTail) answerWith(concludePosted(posted));
    };
    let conclusion: Conclusion;
    let durationMs: number;
    try {
      conclusion = await this.#attempt(sandbox, invocation, { startedAt, began, response, onAnswer });
      durationMs = clock.monotonicMs() - began;
      if (conclusion.mustReset) await this.#reset(sandbox);
    } catch (error) {
      this.#log.error("invocation broke its sandbox", { requestId, error });
      durationMs = clock.monotonicMs() - began;
      conclusion = sandboxConclusion(requestId);
      void this.#finish(toError(error));
    }
    const initDurationMs = this.#initDurationMs;
    this.#initDurationMs = undefined;
    const peakMiB = (await this.#memory?.peakMiB()) ?? 0;
    const report = invocationReport(this.#spec, conclusion, {
      startedAt,
      durationMs,
      initDurationMs,
      peakMiB,
    });
    this.#stream.platform(endLine(requestId), reportLineOf(this.#spec, requestId, conclusion, report));
    invocation.onReport?.(report);
    answerWith(conclusion, wantsLogTail ? this.#stream.takeTail() : undefined);
  }

  /** The init that is still owed, then the handler, both within the function's time. */
  async #attempt(
    sandbox: Sandbox,
    invocation: Invocation,
    {
      startedAt,
      began,
      response,
      onAnswer,
    }: {
      readonly startedAt: number;
      readonly began: number;
      readonly response: ResponseReceiver | undefined;
      readonly onAnswer: (posted: PostedResult) => void;
    },
  ): Promise<Conclusion> {
    const { clock } = this.#context;
    const { timeoutMs, version } = this.#spec;
    const { requestId } = invocation;
    const leftMs = () => timeoutMs - (clock.monotonicMs() - began);
    if (!this.#supervisor.ready) {
      // Also after an exit in between: what the dead runtime left behind must not live on beside the new one.
      await this.#supervisor.kill(sandbox);
      this.#initDurationMs = undefined;
      const conclusion = await this.#init(sandbox, "invoke", timeoutMs, requestId);
      if (conclusion.failed) {
        this.#stream.platform(startLine(requestId, version));
        return conclusion;
      }
    }
    this.#stream.platform(startLine(requestId, version));
    const result = await this.#supervisor.invoke(
      {
        requestId,
        deadlineMs: startedAt + timeoutMs,
        invokedFunctionArn: invocation.invokedFunctionArn,
        traceId: invocation.traceId,
        ...(invocation.clientContext === undefined ? {} : { clientContext: invocation.clientContext }),
        ...(invocation.tenantId === undefined ? {} : { tenantId: invocation.tenantId }),
        ...(invocation.contentType === undefined ? {} : { contentType: invocation.contentType }),
        payload: invocation.payload,
        ...(response === undefined ? {} : { response }),
      },
      leftMs(),
      onAnswer,
    );
    return concludeInvoke(result, requestId, timeoutMs);
  }

  async #reset(sandbox: Sandbox): Promise<void> {
    await this.#memory?.refresh();
    await this.#supervisor.kill(sandbox);
  }

  #becomeIdle(): void {
    if (this.#end !== undefined) return;
    const { clock, idleKeepMs } = this.#context;
    if (this.#retiring || clock.now() - this.#createdAt > environmentLimits.lifetimeMs) {
      void this.#finish();
      return;
    }
    this.#phase = "idle";
    if (this.#supervisor.ready) this.#freezer?.schedule();
    if (this.#spec.initialization === "on-demand") {
      this.#recycle = clock.after(idleKeepMs, () => void this.#finish());
    }
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

  async #destroy(error: Error | undefined): Promise<void> {
    this.#phase = "ending";
    this.#recycle?.cancel();
    this.#freezer?.cancel();
    this.#supervisor.abort();
    if (error !== undefined) this.#log.error("environment failed", { error });
    // The sandbox may still be in the making.
    if (this.#sandbox === undefined) await this.#started;
    try {
      await this.#sandbox?.destroy();
    } catch (destroyError) {
      this.#log.error("sandbox could not be destroyed", { error: destroyError });
    }
    this.#supervisor.api.reset();
    this.#stream.flush();
    this.#listener.onGone(this, error);
    for (const resolve of this.#onGone) resolve();
  }
}

function ignore(): void {
  // The caller of dispatch sees it.
}
