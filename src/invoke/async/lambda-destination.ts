import {
  type Clock,
  type InvocationDestination,
  type InvocationMessage,
  invokeLimits,
  type Randomness,
} from "../../base/index.ts";
import { traceHeader } from "../trace-header.ts";
import type { AsyncQueue } from "./async-queue.ts";
import { functionTarget } from "./event-target.ts";

/** A function as a destination: the record is its event. The function's role calls it, so no policy is asked. */
export class LambdaDestination implements InvocationDestination {
  readonly #asyncQueue: Pick<AsyncQueue, "enqueue">;
  readonly #clock: Clock;
  readonly #randomness: Randomness;

  constructor(asyncQueue: Pick<AsyncQueue, "enqueue">, clock: Clock, randomness: Randomness) {
    this.#asyncQueue = asyncQueue;
    this.#clock = clock;
    this.#randomness = randomness;
  }

  async send(message: InvocationMessage): Promise<void> {
    const target = functionTarget(message.targetArn);
    const payload = Buffer.from(message.body, "utf8");
    if (target === undefined) throw new Error("the target is not a function");
    if (payload.length > invokeLimits.asyncPayloadBytes) throw new Error("the record is too large");
    await this.#asyncQueue.enqueue({
      target,
      requestId: this.#randomness.uuid(),
      payload,
      traceId: traceHeader(message.traceId, target.arn, this.#clock, this.#randomness),
      deduplicationId: message.id,
    });
  }
}
