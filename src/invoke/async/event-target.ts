import {
  type Clock,
  type EventTargets,
  formatArn,
  invokeLimits,
  type Log,
  parseArn,
  type Randomness,
} from "../../base/index.ts";
import type { FunctionCatalog, ResolvedFunction } from "../../functions/index.ts";
import { traceHeader } from "../trace-header.ts";
import type { AsyncQueue } from "./async-queue.ts";

export interface LambdaTargetOptions {
  readonly catalog: Pick<FunctionCatalog, "authorize">;
  readonly asyncQueue: Pick<AsyncQueue, "enqueue">;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly log: Log;
}

/** Lambda functions as targets of other services' events: an event becomes an asynchronous invocation. */
export function createLambdaTarget(options: LambdaTargetOptions): EventTargets {
  const { catalog, asyncQueue, clock, randomness, log } = options;
  return {
    check: async (targetArn, origin) =>
      functionTarget(targetArn) === undefined ? "unsupported" : catalog.authorize(targetArn, origin),

    async deliver({ targetArn, origin, payload, id, traceId }) {
      const target = functionTarget(targetArn);
      const verdict = target === undefined ? "unsupported" : catalog.authorize(targetArn, origin);
      const problem = payload.length > invokeLimits.asyncPayloadBytes ? "too large" : verdict;
      if (target === undefined || problem !== "ok") {
        log.warn("event dropped", { target: targetArn, source: origin.sourceArn, id, reason: problem });
        return;
      }
      await asyncQueue.enqueue({
        target,
        requestId: randomness.uuid(),
        payload,
        traceId: traceHeader(traceId, target.arn, clock, randomness),
        deduplicationId: `${id} ${targetArn}`,
      });
    },
  };
}

/** The function that an ARN names, as the queue keeps it; undefined if it names something else. */
export function functionTarget(
  targetArn: string,
): Pick<ResolvedFunction, "arn" | "account" | "region" | "invokedArn"> | undefined {
  const arn = parseArn(targetArn);
  if (arn?.service !== "lambda" || !/^function:[^:]+(:[^:]+)?$/.test(arn.resource)) return undefined;
  return {
    arn: formatArn({ ...arn, resource: arn.resource.split(":", 2).join(":") }),
    account: arn.account,
    region: arn.region,
    invokedArn: targetArn,
  };
}
