import {
  type Arn,
  type Clock,
  type EventTargets,
  formatArn,
  invokeLimits,
  type Log,
  parseArn,
  type Randomness,
} from "../../base/index.ts";
import type { FunctionCatalog } from "../../functions/index.ts";
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
      parseFunctionArn(targetArn) === undefined ? "unsupported" : catalog.authorize(targetArn, origin),

    async deliver({ targetArn, origin, payload, id, traceId }) {
      const arn = parseFunctionArn(targetArn);
      const verdict = arn === undefined ? "unsupported" : catalog.authorize(targetArn, origin);
      const problem = payload.length > invokeLimits.asyncPayloadBytes ? "too large" : verdict;
      if (arn === undefined || problem !== "ok") {
        log.warn("event dropped", { target: targetArn, source: origin.sourceArn, id, reason: problem });
        return;
      }
      await asyncQueue.enqueue({
        target: {
          arn: formatArn({ ...arn, resource: arn.resource.split(":", 2).join(":") }),
          account: arn.account,
          region: arn.region,
          invokedArn: targetArn,
        },
        requestId: randomness.uuid(),
        payload,
        traceId: traceHeader(traceId, clock, randomness),
        deduplicationId: `${id} ${targetArn}`,
      });
    },
  };
}

function parseFunctionArn(text: string): Arn | undefined {
  const arn = parseArn(text);
  return arn?.service === "lambda" && /^function:[^:]+(:[^:]+)?$/.test(arn.resource) ? arn : undefined;
}
