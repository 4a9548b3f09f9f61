import {
  type Clock,
  invokeLimits,
  type Log,
  type Randomness,
  ServiceError,
  sleep,
  storageLimits,
  type Timer,
  toError,
} from "../../base/index.ts";
import type { AsynchronousSettings, FunctionCatalog, ResolvedFunction } from "../../functions/index.ts";
import type { UsageLedger } from "../../metering/index.ts";
import type { Delivery, EventQueue } from "../../storage/index.ts";
import type { Admission } from "../admission/admission.ts";
import { refuseLoop } from "../lineage.ts";
import { runAttempt } from "../run.ts";
import type { AttemptResponse } from "./invocation-record.ts";
import type { OutcomeDelivery } from "./outcome-delivery.ts";
import { fromJson, type QueuedInvocation } from "./queued-invocation.ts";
import { type AttemptFacts, type AttemptResult, type Condition, deferMs, nextStep } from "./retry.ts";

export interface AsyncInvocationsOptions {
  readonly queue: EventQueue;
  readonly catalog: Pick<FunctionCatalog, "resolve" | "concurrency" | "asynchronousSettings">;
  readonly admission: Pick<Admission, "admit">;
  readonly ledger: Pick<UsageLedger, "append" | "amend">;
  /** Starts the execution that an event means to a durable function. Kept when it resolves. */
  readonly startDurable: (target: ResolvedFunction, event: QueuedInvocation) => Promise<void>;
  readonly delivery: Pick<OutcomeDelivery, "tell">;
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
  readonly #stopping = new AbortController();

  constructor(options: AsyncInvocationsOptions) {
    this.#options = options;
  }

  start(): void {
    const { queue } = this.#options;
    const shares = {
      max: invokeLimits.asyncUnsettledPerPartition,
      openToAll: invokeLimits.asyncUnsettledOpenToAll,
      leastPerKey: invokeLimits.asyncUnsettledLeast,
    };
    for (let partition = 0; partition < queue.partitions; partition += 1) {
      this.#stops.push(queue.consume(partition, shares, (delivery) => void this.#take(delivery)));
    }
  }

  /** Takes no more events; those at work go on. */
  stop(): void {
    this.#stopping.abort();
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
    let invocation: QueuedInvocation;
    try {
      invocation = fromJson(delivery.event);
    } catch (thrown) {
      log.error("asynchronous invocation cannot be read", { error: toError(thrown) });
      await delivery.ack();
      return;
    }
    const { catalog, clock, randomness } = this.#options;
    const settings = catalog.asynchronousSettings(invocation.invokedArn);
    const facts = (): AttemptFacts => ({
      attempt: delivery.attempt,
      enqueuedAt: delivery.enqueuedAt,
      deadline: deadlineOf(delivery, settings),
      mostRetries: settings?.maximumRetryAttempts ?? invokeLimits.asyncRetryDelaysMs.length,
      now: clock.now(),
      uniform: randomness.uniform(),
    });
    const event: QueuedEvent = { delivery, invocation, settings, log };
    if (this.#stopped || !this.#hasRoom(delivery.partitionKey, invocation.payload.length)) {
      const delayMs = this.#stopped ? 0 : deferMs(facts());
      await delivery.retryAt(clock.now() + delayMs, delivery.attempt);
      return;
    }
    this.#count(delivery.partitionKey, 1, invocation.payload.length);
    const stopExtending = this.#keep(delivery, log);
    try {
      if (clock.now() >= facts().deadline) {
        await this.#finish(event, "EventAgeExceeded", { attempts: delivery.attempt - 1 });
      } else if (catalog.concurrency(delivery.partitionKey)?.reserved === 0) {
        await this.#finish(event, "ZeroReservedConcurrency", { attempts: delivery.attempt - 1 });
      } else {
        const attempted = await this.#attempt(delivery, invocation, log);
        const step = nextStep(attempted.result, facts());
        if (attempted.handedOn) await this.#settle(log, () => delivery.ack());
        else if (step.kind === "retry")
          await this.#settle(log, () => delivery.retryAt(step.at, step.attempt));
        else {
          const attempts = attempted.response === undefined ? delivery.attempt - 1 : delivery.attempt;
          await this.#finish(event, step.condition, { attempts, ...attempted });
        }
      }
    } finally {
      stopExtending();
      this.#count(delivery.partitionKey, -1, -invocation.payload.length);
    }
  }

  get #stopped(): boolean {
    return this.#stopping.signal.aborted;
  }

  /** On a full disk what came of an event cannot be written. It is held meanwhile: delivered again, it would run again. */
  async #settle(log: Log, write: () => Promise<void>): Promise<void> {
    for (let failures = 0; ; failures += 1) {
      try {
        await write();
        return;
      } catch (thrown) {
        if (this.#stopped) throw thrown;
        if (failures === 0)
          log.error("asynchronous invocation cannot be settled yet", { error: toError(thrown) });
      }
      await sleep(this.#options.clock, invokeLimits.asyncSettleRetryMs, this.#stopping.signal);
    }
  }

  /** Tells who is to know, and only then lets go of the event. */
  async #finish(
    { delivery, invocation, settings, log }: QueuedEvent,
    condition: Condition,
    last: { readonly attempts: number } & Partial<Attempted>,
  ): Promise<void> {
    if (condition !== "Success") {
      log.warn("asynchronous invocation dropped", {
        requestId: invocation.requestId,
        condition,
        attempts: last.attempts,
      });
    }
    const finished = {
      invocation,
      condition,
      attempts: last.attempts,
      now: this.#options.clock.now(),
      settings,
      target: this.#resolve(invocation),
      ...(last.response === undefined ? {} : { response: last.response }),
      ...(last.error === undefined ? {} : { error: last.error }),
    };
    await this.#options.delivery.tell(finished, this.#stopping.signal);
    await this.#settle(log, () => delivery.ack());
  }

  #resolve({ account, region, invokedArn }: QueuedInvocation): ResolvedFunction | undefined {
    try {
      return this.#options.catalog.resolve({ account, region, functionName: invokedArn });
    } catch {
      return undefined;
    }
  }

  async #attempt(delivery: Delivery, queued: QueuedInvocation, log: Log): Promise<Attempted> {
    const { catalog, admission, ledger } = this.#options;
    try {
      const { account, region, invokedArn, tenantId } = queued;
      const target = catalog.resolve({ account, region, functionName: invokedArn });
      refuseLoop(target, queued.traceId);
      if (target.durable !== undefined) {
        await this.#options.startDurable(target, queued);
        return { result: "success", handedOn: true };
      }
      const { outcome, target: ran } = await runAttempt(
        {
          target,
          invocation: {
            requestId: queued.requestId,
            payload: queued.payload,
            invokedFunctionArn: invokedArn,
            traceId: queued.traceId,
            ...(tenantId === undefined ? {} : { tenantId }),
            wantsLogTail: false,
          },
          lane: "async",
          attempt: delivery.attempt,
        },
        { admission, ledger },
      );
      const { functionError, payload } = outcome;
      return {
        result: functionError === undefined ? "success" : "function-error",
        response: {
          statusCode: 200,
          executedVersion: ran.version,
          ...(functionError === undefined ? {} : { functionError }),
          payload,
        },
      };
    } catch (thrown) {
      const error = toError(thrown);
      if (error instanceof ServiceError && !isTransient(error)) {
        log.warn("asynchronous invocation rejected", { code: error.code, message: error.message });
        return { result: "rejected", error };
      }
      log.debug("asynchronous invocation did not run", { error: error.message });
      return { result: "not-run", error };
    }
  }

  /** Payloads of all functions together are bounded; a part is for functions that have nothing at work yet. */
  #hasRoom(functionArn: string, payloadBytes: number): boolean {
    const most = this.#unsettledByFunction.has(functionArn)
      ? invokeLimits.asyncPayloadBytesOpen
      : invokeLimits.asyncPayloadBytesInFlight;
    return this.#payloadBytes + payloadBytes <= most;
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

/** An event in hand, and what holds for it. */
interface QueuedEvent {
  readonly delivery: Delivery;
  readonly invocation: QueuedInvocation;
  readonly settings: AsynchronousSettings | undefined;
  readonly log: Log;
}

interface Attempted {
  readonly result: AttemptResult;
  /** If the function ran. */
  readonly response?: AttemptResponse;
  /** If not. */
  readonly error?: Error;
  /** It runs on as a durable execution, whose end is not this event's. */
  readonly handedOn?: true;
}

/** The age that was allowed when the event came, or a lower one that is by now. */
function deadlineOf(delivery: Delivery, settings: AsynchronousSettings | undefined): number {
  if (settings === undefined) return delivery.deadline;
  return Math.min(delivery.deadline, delivery.enqueuedAt + settings.maximumEventAgeSeconds * 1_000);
}

/** Throttles, failures of the platform, and a function that is being created will pass. */
function isTransient(error: ServiceError): boolean {
  return error.status === 429 || error.status >= 500 || error.code === "ResourceConflictException";
}
