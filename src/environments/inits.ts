import { toError } from "../base/index.ts";
import { type Conclusion, concludeInit } from "./conclusion.ts";
import type { EnvironmentParts } from "./environment-parts.ts";
import { FullSpeed } from "./full-speed.ts";
import { initStartEvent, tellInit } from "./init-events.ts";
import { initLimitMs } from "./init-limit.ts";
import type { LaunchSpec } from "./launch.ts";
import type { InitPhase } from "./logs/platform-event.ts";
import type { OpenedSandbox } from "./open-sandbox.ts";

export type InitConclusion = Conclusion & { readonly initDurationMs: number };

export interface InitsOwner {
  /** The environment ends, and tells nothing more. */
  ended(): boolean;
  /** Begins to read what memory was used, so that nobody waits for that later. */
  readMemory(): void;
  onFault(error: Error): void;
}

/** The inits of an environment: the first one, and those that failures make it owe. */
export class Inits {
  readonly #parts: EnvironmentParts;
  readonly #owner: InitsOwner;
  readonly #fullSpeed: FullSpeed;
  /** The last init failed, so that the next one does not announce itself again. */
  #failed = false;

  constructor(parts: EnvironmentParts, owner: InitsOwner) {
    this.#parts = parts;
    this.#owner = owner;
    this.#fullSpeed = new FullSpeed(parts.context.clock);
  }

  first(opened: OpenedSandbox): Promise<InitConclusion> {
    const { context, spec } = this.#parts;
    return this.#run(opened, "init", initLimitMs(spec, context.initMs), "", opened.launch);
  }

  /** The init that has to be repeated, within what is left of the function's time. */
  async owed(opened: OpenedSandbox, requestId: string, leftMs: () => number): Promise<Conclusion> {
    // Also after an exit in between: what the dead runtime left behind must not live on beside the new one.
    await this.#parts.supervisor.stop(opened.sandbox, "failure");
    const conclusion = await this.#run(opened, "invoke", leftMs(), requestId);
    this.settle(opened, conclusion);
    return conclusion;
  }

  /** The CPU share holds from here on, which is not waited for; what was used is read so that nobody waits for it later. */
  settle({ sandbox }: OpenedSandbox, { failed }: Conclusion): void {
    if (this.#owner.ended()) return;
    this.#owner.readMemory();
    if (!failed) sandbox.limitCpu(true).catch((error) => this.#owner.onFault(toError(error)));
  }

  /** One init with what is told of it. A failed one leaves processes that have to be stopped. */
  async #run(
    opened: OpenedSandbox,
    phase: InitPhase,
    limitMs: number,
    requestId: string,
    begun?: Promise<LaunchSpec>,
  ): Promise<InitConclusion> {
    const { profile, runtime, spec, stream, streamName, supervisor, telemetry } = this.#parts;
    const { sandbox } = opened;
    telemetry.reset();
    const announced = !this.#failed;
    stream.platform(initStartEvent(spec, phase, streamName, announced ? runtime : undefined));
    if (announced && runtime.notice !== undefined) stream.warn(runtime.notice);
    await sandbox.limitCpu(!this.#fullSpeed.take());
    const launch = await (begun ?? this.#parts.launch(sandbox));
    profile.reach("prepared");
    const result = await supervisor.init(sandbox, launch, limitMs, (process) =>
      opened.start(process, (socket) => supervisor.api.accept(socket)),
    );
    const conclusion = concludeInit(result.fault, requestId, spec.timeoutMs);
    this.#failed = conclusion.failed;
    const { durationMs } = result;
    if (!this.#owner.ended()) {
      tellInit(stream, spec, phase, conclusion, result, supervisor.extensions.all);
      telemetry.closeSubscriptions();
    }
    return { ...conclusion, initDurationMs: durationMs };
  }
}
