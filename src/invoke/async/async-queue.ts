import { type Clock, invokeLimits } from "../../base/index.ts";
import type { ResolvedFunction } from "../../functions/index.ts";
import type { EventQueue } from "../../storage/index.ts";
import { toJson } from "./queued-invocation.ts";

/** The way into the queue of asynchronous invocations. */
export class AsyncQueue {
  readonly #queue: Pick<EventQueue, "enqueue">;
  readonly #clock: Pick<Clock, "now">;

  constructor(queue: Pick<EventQueue, "enqueue">, clock: Pick<Clock, "now">) {
    this.#queue = queue;
    this.#clock = clock;
  }

  /** On disk when it resolves. Another invocation with the same `deduplicationId` within two minutes is dropped. */
  async enqueue(invocation: {
    readonly target: Pick<ResolvedFunction, "arn" | "account" | "region" | "invokedArn">;
    readonly requestId: string;
    readonly payload: Uint8Array;
    readonly traceId: string;
    readonly deduplicationId: string;
  }): Promise<void> {
    const { target, requestId, payload, traceId, deduplicationId } = invocation;
    const { account, region, invokedArn } = target;
    const event = toJson({ requestId, account, region, invokedArn, payload, traceId });
    await this.#queue.enqueue(target.arn, event, {
      id: deduplicationId,
      deadline: this.#clock.now() + invokeLimits.asyncEventAgeMs,
    });
  }
}
