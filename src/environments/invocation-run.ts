import { toError } from "../base/index.ts";
import { answersSent } from "./answers-sent.ts";
import { type Conclusion, concludeInvoke, concludePosted, sandboxConclusion } from "./conclusion.ts";
import type { EnvironmentParts } from "./environment-parts.ts";
import { invokeDocument } from "./extensions/extension.ts";
import type { Invocation, InvocationOutcome } from "./interfaces.ts";
import type { MemoryGauge } from "./memory-gauge.ts";
import type { OpenedSandbox } from "./open-sandbox.ts";
import {
  invocationReport,
  nextEvent,
  outcomeOf,
  reportEvent,
  runtimeDoneEvent,
  startEvent,
} from "./outcome.ts";
import type { PacedResponse } from "./paced-response.ts";
import type { InvokeResult } from "./supervisor.ts";

export interface InvocationRunOptions {
  readonly opened: OpenedSandbox;
  readonly memory: MemoryGauge;
  /** Of an init right before the invocation, whose report tells it. */
  readonly initDurationMs: number | undefined;
  /** Gets the response of one that is streamed. */
  readonly response: PacedResponse | undefined;
  /** Called once with what the caller gets, at the end of the invocation or before it. */
  readonly answer: (outcome: InvocationOutcome) => void;
  /** Repeats a failed init, before the invocation and within its time. */
  readonly owedInit: (leftMs: () => number) => Promise<Conclusion>;
  /** The sandbox is of no further use. */
  readonly onBroken: (error: Error) => void;
}

/** One invocation in an environment that runs, from its START to its REPORT. */
export class InvocationRun {
  readonly #parts: EnvironmentParts;
  readonly #invocation: Invocation;
  readonly #options: InvocationRunOptions;
  readonly #startedAt: number;
  /** On the monotonic clock. */
  readonly #began: number;
  #initDurationMs: number | undefined;

  constructor(parts: EnvironmentParts, invocation: Invocation, options: InvocationRunOptions) {
    const { clock } = parts.context;
    this.#parts = parts;
    this.#invocation = invocation;
    this.#options = options;
    this.#initDurationMs = options.initDurationMs;
    this.#startedAt = clock.now();
    this.#began = clock.monotonicMs();
  }

  #passedMs(): number {
    return this.#parts.context.clock.monotonicMs() - this.#began;
  }

  /** Resolves when the invocation has ended. */
  async run(): Promise<void> {
    const { log, profile, spec, stream, supervisor } = this.#parts;
    const { memory } = this.#options;
    const invocation = this.#invocation;
    const { requestId, wantsLogTail } = invocation;
    if (wantsLogTail) stream.startTail();
    let conclusion: Conclusion;
    let durationMs: number;
    profile.cameFrom(invocation.moments);
    profile.reach("dispatched");
    try {
      const owed = supervisor.ready ? undefined : await this.#owedInit();
      const ending = owed?.failed === true ? owed : this.#handle();
      // The runtime has its event by now; what it prints is read in a later turn.
      stream.platform(startEvent(spec, invocation));
      memory.prepareAhead();
      conclusion =
        ending instanceof Promise ? concludeInvoke(await ending, requestId, spec.timeoutMs) : ending;
      durationMs = this.#passedMs();
      const { fault } = conclusion;
      if (fault !== undefined) stream.platform({ type: "platform.fault", record: fault });
      if (conclusion.mustReset) {
        // Extensions may take seconds to leave.
        if (supervisor.extensions.some) this.#answerEarly(conclusion, durationMs);
        await this.#reset(conclusion);
      }
    } catch (error) {
      log.error("invocation broke its sandbox", { requestId, error });
      durationMs = this.#passedMs();
      conclusion = sandboxConclusion(requestId);
      this.#options.onBroken(toError(error));
    }
    const reading = memory.reading();
    if (reading !== undefined) await reading;
    await this.#tell(conclusion, durationMs);
    profile.tell(log, supervisor.moments.posted);
  }

  #owedInit(): Promise<Conclusion> {
    this.#initDurationMs = undefined;
    return this.#options.owedInit(() => this.#parts.spec.timeoutMs - this.#passedMs());
  }

  /** The handler, in what is left of the function's time. */
  #handle(): Promise<InvokeResult> {
    const { context, spec, supervisor } = this.#parts;
    const { memory, response } = this.#options;
    const invocation = this.#invocation;
    const deadlineMs = this.#startedAt + spec.timeoutMs + (context.debug?.grantedMs ?? 0);
    return supervisor.invoke(
      nextEvent(invocation, deadlineMs, response),
      () => invokeDocument(invocation, deadlineMs),
      spec.timeoutMs - this.#passedMs(),
      {
        onPosted: () => memory.prepare(),
        onAnswer: (early) => this.#answerEarly(concludePosted(early), this.#passedMs()),
        onRuntimeDone: (done) => this.#runtimeDone(done),
      },
    );
  }

  #runtimeDone(done: InvokeResult): void {
    const { spec, stream, supervisor } = this.#parts;
    if (!stream.detailed) return;
    const conclusion = concludeInvoke(done, this.#invocation.requestId, spec.timeoutMs);
    const { moments } = supervisor;
    const durationMs = moments.ready === undefined ? this.#passedMs() : moments.ready - this.#began;
    const producedBytes = done.posted?.payload.length;
    const measured = { startedAt: this.#startedAt, began: this.#began, durationMs, moments, producedBytes };
    stream.platform(runtimeDoneEvent(this.#invocation, conclusion, measured));
  }

  #answerWith(
    conclusion: Conclusion,
    known: Pick<InvocationOutcome, "logTail" | "reportSoFar"> = NOTHING_MORE,
  ): void {
    const { context, id, profile, streamName } = this.#parts;
    profile.reach("answered");
    const of = { environmentId: id, logStream: streamName, isolation: context.tier.name };
    this.#options.answer(outcomeOf(conclusion, of, this.#options.response?.bytes, known));
  }

  #answerEarly(conclusion: Conclusion, durationMs: number): void {
    // The tail of the log ends with the report.
    if (this.#invocation.wantsLogTail) return;
    this.#answerWith(conclusion, {
      reportSoFar: invocationReport(this.#parts.spec, conclusion, {
        startedAt: this.#startedAt,
        durationMs,
        initDurationMs: this.#initDurationMs,
        peakMiB: 0,
        postRuntimeExtensionsMs: undefined,
      }),
    });
  }

  /** Answers, unless that was done, and tells of the end. */
  async #tell(conclusion: Conclusion, durationMs: number): Promise<void> {
    const { spec, stream } = this.#parts;
    const { memory } = this.#options;
    const invocation = this.#invocation;
    const { requestId, wantsLogTail } = invocation;
    const report = invocationReport(spec, conclusion, {
      startedAt: this.#startedAt,
      durationMs,
      initDurationMs: this.#initDurationMs,
      peakMiB: memory.knownMiB,
      postRuntimeExtensionsMs: this.#postRuntimeExtensionsMs(durationMs),
    });
    invocation.onReport?.(report);
    if (!wantsLogTail) {
      this.#answerWith(conclusion);
      await answersSent();
    }
    stream.platform(
      { type: "platform.end", record: { requestId } },
      reportEvent(spec, invocation, conclusion, report),
    );
    if (wantsLogTail) this.#answerWith(conclusion, { logTail: stream.takeTail() });
  }

  #postRuntimeExtensionsMs(durationMs: number): number | undefined {
    const { extensions, moments } = this.#parts.supervisor;
    if (!extensions.some) return undefined;
    const { ready } = moments;
    if (ready === undefined || ready < this.#began) return undefined;
    return Math.max(0, this.#began + durationMs - ready);
  }

  async #reset(conclusion: Conclusion): Promise<void> {
    const { supervisor, telemetry } = this.#parts;
    await this.#options.memory.refresh();
    telemetry.flush();
    const reason = conclusion.status === "timeout" ? "timeout" : "failure";
    await supervisor.stop(this.#options.opened.sandbox, reason);
  }
}

const NOTHING_MORE = {} as const;
