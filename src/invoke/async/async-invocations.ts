import {
  type Clock,
  invokeLimits,
  type Log,
  type Randomness,
  ServiceError,
  storageLimits,
  type Timer,
  toError,
} from "../../base/index.ts";
import type { FunctionCatalog, ResolvedFunction } from "../../functions/index.ts";
import type { UsageLedger } from "../../metering/index.ts";
import type { Delivery, EventQueue } from "../../storage/index.ts";
import type { Admission } from "../admission/admission.ts";
import { runAttempt } from "../run.ts";
import { fromJson, type QueuedInvocation } from "./queued-invocation.ts";
import { type AttemptFacts, type AttemptResult, deferMs, nextStep } from "./retry.ts";

export interface AsyncInvocationsOptions {
  readonly queue: EventQueue;
  readonly catalog: Pick<FunctionCatalog, "resolve">;
  readonly admission: Pick<Admission, "admit">;
  readonly ledger: Pick<UsageLedger, "append">;
  /** Starts the execution that an event means to a durable function. Kept when it resolves. */
  readonly startDurable: (target: ResolvedFunction, event: QueuedInvocation) => Promise<void>;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly log: Log;
}

/** An owner says three times per redelivery time that it still works on an event. */
const EXTEND_MS = storageLimits.redeliveryMs / 3;

/**
 * Takes asynchronous invocations from the queue, runs them, and settles each after its outcome: acknowledged when it
 * is finished, else put back with a time for the next attempt. An event that cannot run now never stays here.
 */
export class AsyncInvocations {
  readonly #options: AsyncInvocationsOptions;
  readonly #unsettledByFunction = new Map<string, number>();
  #payloadBytes = 0;
  #unsettled = 0;
  #stops: (() => void)[] = [];
  #whenQuiet: (() => void)[] = [];
  #stopped = false;

  constructor(options: AsyncInvocationsOptions) {
    this.#options = options;
  }

  start(): void {
    const { queue } = this.#options;
    const max = invokeLimits.asyncUnsettledPerPartition;
    for (let partition = 0; partition < queue.partitions; partition += 1) {
      this.#stops.push(queue.consume(partition, { max }, (delivery) => void this.#take(delivery)));
    }
  }

  /** Takes no more events; those at work go on. */
  stop(): void {
    this.#stopped = true;
    for (const stop of this.#stops) stop();
    this.#stops = [];
  }

  get unsettled(): number {
    return this.#unsettled;
  }

  /** Resolves when no event is at work. */
  quiet(): Promise<void> {
    if (this.#unsettled === 0) return Promise.resolve();
    return new Promise((resolve) => this.#whenQuiet.push(resolve));
  }

  async #take(delivery: Delivery): Promise<void> {
    const log = this.#options.log.with({ function: delivery.partitionKey, id: delivery.id });
    this.#unsettled += 1;
    try {
      await this.#handle(delivery, log);
    } catch (thrown) {
      // Not settled, so the queue delivers it again.
      log.error("asynchronous invocation could not be settled", { error: toError(thrown) });
    } finally {
      this.#unsettled -= 1;
      if (this.#unsettled === 0) for (const resolve of this.#whenQuiet.splice(0)) resolve();
    }
  }

  async #handle(delivery: Delivery, log: Log): Promise<void> {
    const { clock, randomness } = this.#options;
    const facts = (): AttemptFacts => ({
      attempt: delivery.attempt,
      enqueuedAt: delivery.enqueuedAt,
      deadline: delivery.deadline,
      now: clock.now(),
      uniform: randomness.uniform(),
    });
    if (clock.now() >= delivery.deadline) {
      log.warn("asynchronous invocation dropped", {
        condition: "EventAgeExceeded",
        attempt: delivery.attempt,
      });
      await delivery.ack();
      return;
    }
    let invocation: QueuedInvocation;
    try {
      invocation = fromJson(delivery.event);
    } catch (thrown) {
      log.error("asynchronous invocation cannot be read", { error: toError(thrown) });
      await delivery.ack();
      return;
    }
    if (this.#stopped || !this.#hasRoom(delivery.partitionKey, invocation.payload.length)) {
      const delayMs = this.#stopped ? 0 : deferMs(facts());
      await delivery.retryAt(clock.now() + delayMs, delivery.attempt);
      return;
    }
    const result = await this.#attempt(delivery, invocation, log);
    const step = nextStep(result, facts());
    if (step.kind === "retry") {
      await delivery.retryAt(step.at, step.attempt);
      return;
    }
    if (step.condition !== "Success") {
      log.warn("asynchronous invocation dropped", {
        requestId: invocation.requestId,
        condition: step.condition,
        attempt: delivery.attempt,
      });
    }
    await delivery.ack();
  }

  async #attempt(delivery: Delivery, queued: QueuedInvocation, log: Log): Promise<AttemptResult> {
    const { catalog, admission, ledger } = this.#options;
    this.#count(delivery.partitionKey, 1, queued.payload.length);
    const stopExtending = this.#keep(delivery, log);
    try {
      const { account, region, invokedArn } = queued;
      const target = catalog.resolve({ account, region, functionName: invokedArn });
      if (target.durable !== undefined) {
        await this.#options.startDurable(target, queued);
        return "success";
      }
      const { outcome } = await runAttempt(
        {
          target,
          invocation: {
            requestId: queued.requestId,
            payload: queued.payload,
            invokedFunctionArn: invokedArn,
            traceId: queued.traceId,
            wantsLogTail: false,
          },
          lane: "async",
          attempt: delivery.attempt,
        },
        { admission, ledger },
      );
      return outcome.functionError === undefined ? "success" : "function-error";
    } catch (thrown) {
      const error = toError(thrown);
      if (error instanceof ServiceError && !isTransient(error)) {
        log.warn("asynchronous invocation rejected", { code: error.code, message: error.message });
        return "rejected";
      }
      log.debug("asynchronous invocation did not run", { error: error.message });
      return "not-run";
    } finally {
      stopExtending();
      this.#count(delivery.partitionKey, -1, -queued.payload.length);
    }
  }

  #hasRoom(functionArn: string, payloadBytes: number): boolean {
    const unsettled = this.#unsettledByFunction.get(functionArn) ?? 0;
    return (
      unsettled < invokeLimits.asyncUnsettledPerFunction &&
      this.#payloadBytes + payloadBytes <= invokeLimits.asyncPayloadBytesInFlight
    );
  }

  #count(functionArn: string, events: number, payloadBytes: number): void {
    this.#payloadBytes += payloadBytes;
    const unsettled = (this.#unsettledByFunction.get(functionArn) ?? 0) + events;
    if (unsettled === 0) this.#unsettledByFunction.delete(functionArn);
    else this.#unsettledByFunction.set(functionArn, unsettled);
  }

  /** Holds on to a delivery until the returned function is called. */
  #keep(delivery: Delivery, log: Log): () => void {
    let timer: Timer | undefined;
    const arm = (): void => {
      timer = this.#options.clock.after(EXTEND_MS, () => {
        arm();
        delivery.extend().catch((thrown: unknown) => {
          log.warn("asynchronous invocation could not be kept", { error: toError(thrown).message });
        });
      });
    };
    arm();
    return () => timer?.cancel();
  }
}

/** Throttles, failures of the platform, and a function that is being created will pass. */
function isTransient(error: ServiceError): boolean {
  return error.status === 429 || error.status >= 500 || error.code === "ResourceConflictException";
}
