import type { ErrorObject } from "@aws-sdk/client-lambda";
import { type Log, ServiceError, toError } from "../../base/index.ts";
import type { ResolvedFunction } from "../../functions/index.ts";
import { runAttempt } from "../run.ts";
import type { InvocationResult } from "./model.ts";

type FunctionRunOptions = Parameters<typeof runAttempt>[1] & { readonly log: Log };

export interface FunctionCall {
  /** JSON. */
  readonly payload: string;
  readonly requestId: string;
  readonly traceId: string;
  readonly tenantId?: string | undefined;
}

/** Invokes a function once, for or out of a durable execution. Never rejects: what went wrong is a result. */
export async function runFunction(
  resolve: () => ResolvedFunction,
  call: FunctionCall,
  options: FunctionRunOptions,
): Promise<InvocationResult> {
  try {
    const target = resolve();
    const { outcome } = await runAttempt(
      {
        target,
        invocation: {
          requestId: call.requestId,
          payload: Buffer.from(call.payload),
          invokedFunctionArn: target.invokedArn,
          traceId: call.traceId,
          ...(call.tenantId === undefined ? {} : { tenantId: call.tenantId }),
          wantsLogTail: false,
        },
        lane: "async",
        attempt: 1,
      },
      options,
    );
    const text = Buffer.from(outcome.payload).toString();
    if (outcome.functionError === undefined) return { kind: "answer", payload: text };
    return { kind: "error", error: errorFrom(text) };
  } catch (thrown) {
    const error = toError(thrown);
    if (error instanceof ServiceError) {
      const object = { ErrorType: error.code, ErrorMessage: error.message };
      if (error.code === "ResourceNotFoundException") return { kind: "missing", error: object };
      // Too many at once, or a function that is being changed: it will pass.
      if (error.status === 429 || error.status === 409) return { kind: "throttled" };
      return { kind: "error", error: object };
    }
    options.log.error("a durable execution's function could not be run", { error });
    return { kind: "error", error: { ErrorMessage: error.message } };
  }
}

/** The error that a function ended with, in the words of durable executions. */
function errorFrom(payload: string): ErrorObject {
  let parsed: Record<string, unknown> = {};
  try {
    const value: unknown = JSON.parse(payload);
    if (typeof value === "object" && value !== null) parsed = value as Record<string, unknown>;
  } catch {
    return { ErrorMessage: payload };
  }
  const { errorMessage, errorType, stackTrace, trace } = parsed;
  const stack = stackTrace ?? trace;
  return {
    ...(typeof errorMessage === "string" ? { ErrorMessage: errorMessage } : {}),
    ...(typeof errorType === "string" ? { ErrorType: errorType } : {}),
    ...(Array.isArray(stack) ? { StackTrace: stack.map(String) } : {}),
  };
}
