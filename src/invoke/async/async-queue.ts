import { type Clock, invokeLimits } from "../../base/index.ts";
import type { FunctionCatalog, ResolvedFunction } from "../../functions/index.ts";
import type { EventQueue } from "../../storage/index.ts";
import { toJson } from "./queued-invocation.ts";

/** The way into the queue of asynchronous invocations. */
export class AsyncQueue {
  readonly #queue: Pick<EventQueue, "enqueue">;
  readonly #catalog: Pick<FunctionCatalog, "asynchronousSettings">;
  readonly #clock: Pick<Clock, "now">;

  constructor(
    queue: Pick<EventQueue, "enqueue">,
    catalog: Pick<FunctionCatalog, "asynchronousSettings">,
    clock: Pick<Clock, "now">,
  ) {
    this.#queue = queue;
    this.#catalog = catalog;
    this.#clock = clock;
  }

  #eventAgeMs(invokedArn: string): number {
    const seconds = this.#catalog.asynchronousSettings(invokedArn)?.maximumEventAgeSeconds;
    return seconds === undefined ? invokeLimits.asyncEventAgeMs : seconds * 1_000;
  }

  /** On disk when it resolves. Another invocation with the same `deduplicationId` within two minutes is dropped. */
  async enqueue(invocation: {
    readonly target: Pick<ResolvedFunction, "arn" | "account" | "region" | "invokedArn">;
    readonly requestId: string;
    readonly payload: Uint8Array;
    readonly traceId: string;
    readonly tenantId?: string | undefined;
    readonly deduplicationId: string;
  }): Promise<void> {
    const { target, requestId, payload, traceId, tenantId, deduplicationId } = invocation;
    const { account, region, invokedArn } = target;
    const tenant = tenantId === undefined ? {} : { tenantId };
    const event = toJson({ requestId, account, region, invokedArn, payload, traceId, ...tenant });
    await this.#queue.enqueue(target.arn, event, {
      id: deduplicationId,
      deadline: this.#clock.now() + this.#eventAgeMs(invokedArn),
    });
  }
}
