import {
  type Clock,
  type InvocationDestination,
  type InvocationMessage,
  invokeLimits,
  type Log,
  parseArn,
  ServiceError,
  shortageOf,
  sleep,
  toError,
} from "../../base/index.ts";
import type { AsynchronousSettings, ResolvedFunction } from "../../functions/index.ts";
import { type AttemptResponse, invocationRecord, type RecordFacts } from "./invocation-record.ts";
import type { Condition } from "./retry.ts";

export interface Finished extends RecordFacts {
  readonly settings: AsynchronousSettings | undefined;
  /** Undefined if the function is gone. */
  readonly target: ResolvedFunction | undefined;
  /** What kept the last attempt from running, if it did not. */
  readonly error?: Error;
}

/**
 * Tells destinations and dead-letter queues what became of an asynchronous invocation. A delivery that fails is tried
 * again a few times and then given up with a line in the log, as Lambda does; one that this machine has no room for is
 * not.
 */
export class OutcomeDelivery {
  readonly #destinations: Readonly<Record<string, InvocationDestination>>;
  readonly #clock: Clock;
  readonly #log: Log;

  constructor(
    destinations: Readonly<Record<string, InvocationDestination>>,
    { clock, log }: { readonly clock: Clock; readonly log: Log },
  ) {
    this.#destinations = destinations;
    this.#clock = clock;
    this.#log = log;
  }

  /** Rejects only where there is no room for what is to be told when `stopping` aborts: it is to be told later. */
  async tell(finished: Finished, stopping: AbortSignal): Promise<void> {
    const { settings, target, condition, invocation } = finished;
    const destination = condition === "Success" ? settings?.onSuccess : settings?.onFailure;
    const deadLetters = condition === "Success" ? undefined : target?.deadLetterTargetArn;
    const facts = {
      functionArn: invocation.invokedArn,
      traceId: invocation.traceId,
      timeMs: finished.now,
      ...(target === undefined ? {} : { roleArn: target.roleArn }),
    };
    if (destination !== undefined) {
      const message: InvocationMessage = {
        ...facts,
        kind: "destination",
        targetArn: destination,
        body: invocationRecord(finished),
        attributes: {},
        id: `${invocation.requestId} ${condition} ${destination}`,
      };
      await this.#send(message, stopping);
    }
    if (deadLetters !== undefined) {
      const message: InvocationMessage = {
        ...facts,
        kind: "dead-letter",
        targetArn: deadLetters,
        body: Buffer.from(invocation.payload).toString("utf8"),
        attributes: deadLetterAttributes(invocation.requestId, condition, finished.response, finished.error),
        id: `${invocation.requestId} dead-letter ${deadLetters}`,
      };
      await this.#send(message, stopping);
    }
  }

  async #send(message: InvocationMessage, stopping: AbortSignal): Promise<void> {
    const log = this.#log.with({
      function: message.functionArn,
      target: message.targetArn,
      kind: message.kind,
    });
    const destination = this.#destinations[parseArn(message.targetArn)?.service ?? ""];
    if (destination === undefined) {
      log.warn("record of an invocation dropped: no service of this server takes it");
      return;
    }
    let waiting = false;
    for (let failures = 0; ; ) {
      try {
        await destination.send(message);
        return;
      } catch (thrown) {
        const error = toError(thrown).message;
        if (shortageOf(thrown) === undefined) {
          failures += 1;
          if (failures === invokeLimits.destinationAttempts) {
            log.error("record of an invocation dropped", { error });
            return;
          }
          await sleep(this.#clock, invokeLimits.destinationRetryMs * failures);
        } else {
          if (stopping.aborted) throw thrown;
          if (!waiting) log.error("record of an invocation cannot be sent yet", { error });
          waiting = true;
          await sleep(this.#clock, invokeLimits.asyncSettleRetryMs, stopping);
        }
      }
    }
  }
}

/** https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html#invocation-dlq */
function deadLetterAttributes(
  requestId: string,
  condition: Condition,
  response: AttemptResponse | undefined,
  error: Error | undefined,
): InvocationMessage["attributes"] {
  const text = response === undefined ? (error?.message ?? condition) : messageOf(response.payload);
  return {
    RequestID: { type: "String", value: requestId },
    ErrorCode: { type: "Number", value: String(response?.statusCode ?? statusOf(error)) },
    ErrorMessage: { type: "String", value: truncated(text, invokeLimits.deadLetterMessageBytes) },
  };
}

/** Events that grew too old without a single attempt, or met a reserve of nothing, were held back by throttles. */
function statusOf(error: Error | undefined): number {
  return error instanceof ServiceError ? error.status : 429;
}

function messageOf(payload: Uint8Array): string {
  const text = Buffer.from(payload).toString("utf8");
  try {
    const { errorMessage } = JSON.parse(text) as { readonly errorMessage?: unknown };
    return typeof errorMessage === "string" ? errorMessage : text;
  } catch {
    return text;
  }
}

/** At most so many bytes of UTF-8, no character cut in half. */
function truncated(text: string, mostBytes: number): string {
  const bytes = Buffer.from(text, "utf8");
  if (bytes.length <= mostBytes) return text;
  let end = mostBytes;
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.toString("utf8", 0, end);
}
