import type { InvocationResponse } from "@aws-sdk/client-lambda";
import { type Clock, invokeLimits, type Randomness } from "../../base/index.ts";
import type { ResolvedFunction } from "../../functions/index.ts";
import { fail } from "../errors.ts";
import { subjectOf } from "./charges.ts";
import type { DurableExecutions } from "./engine.ts";
import type { Execution } from "./model.ts";
import { executionArn } from "./names.ts";

export interface StartServices {
  readonly durable: DurableExecutions;
  readonly clock: Clock;
  readonly randomness: Randomness;
}

/** An execution that is about to start, under a name of its own unless it is given one. */
export function newExecution(
  { clock, randomness }: Pick<StartServices, "clock" | "randomness">,
  target: ResolvedFunction & { readonly durable: NonNullable<ResolvedFunction["durable"]> },
  given: {
    readonly name?: string | undefined;
    readonly traceId: string;
    readonly tenantId?: string | undefined;
    readonly parent?: Execution["parent"];
  },
): Execution {
  const id = randomness.uuid();
  const now = clock.now();
  return {
    id,
    account: target.account,
    region: target.region,
    functionName: target.name,
    version: target.version,
    name: given.name ?? randomness.uuid(),
    traceId: given.traceId,
    startedAt: now,
    executionTimeoutSeconds: target.durable.executionTimeoutSeconds,
    retentionDays: target.durable.retentionDays,
    ...(given.tenantId === undefined ? {} : { tenantId: given.tenantId }),
    ...(given.parent === undefined ? {} : { parent: given.parent }),
    status: "RUNNING",
    sequence: 0,
    told: 0,
    takenUp: 0,
    happened: 0,
    wanted: true,
    notBefore: now,
    token: 0,
    failures: 0,
    idle: 0,
    operations: 0,
    events: 0,
    written: 0,
    subject: subjectOf(target),
  };
}

export function isDurable(
  target: ResolvedFunction,
): target is ResolvedFunction & { readonly durable: NonNullable<ResolvedFunction["durable"]> } {
  return target.durable !== undefined;
}

/** Executions belong to a version, so the caller has to say which. */
export function demandQualified(target: ResolvedFunction): void {
  if (target.invokedArn !== target.arn) return;
  throw fail("InvalidParameterValueException", {
    with: "You cannot invoke a durable function using an unqualified ARN.",
  });
}

/**
 * Starts a durable execution, or finds the one of the same name and event. Kept when it resolves.
 * https://docs.aws.amazon.com/lambda/latest/dg/durable-execution-idempotency.html
 */
export async function startExecution(
  services: StartServices,
  target: ResolvedFunction,
  request: {
    readonly payload: Uint8Array;
    readonly name?: string | undefined;
    readonly traceId: string;
    readonly tenantId?: string | undefined;
  },
): Promise<Execution> {
  if (!isDurable(target)) throw new Error("only durable functions have durable executions");
  demandQualified(target);
  const { durable, clock } = services;
  const store = await durable.store();
  const input = Buffer.from(request.payload).toString();
  const { outcome, execution } = await store.write("start", {
    execution: newExecution(services, target, request),
    input,
  });
  if (outcome === "conflict") {
    throw fail("DurableExecutionAlreadyStartedException", {
      with: `A durable execution named ${execution.name} has already been started with another payload: ${executionArn(execution)}`,
    });
  }
  if (outcome === "started") {
    const wakeAt = clock.now() + execution.executionTimeoutSeconds * 1_000;
    durable.follow(execution.id, { wakeAt, closed: false, others: [] });
    durable.drive(execution.id);
  }
  return execution;
}

/** A synchronous Invoke of a durable function: waits for the end of its execution. */
export async function runExecution(
  services: StartServices,
  target: ResolvedFunction,
  request: Parameters<typeof startExecution>[2],
): Promise<InvocationResponse> {
  if ((target.durable?.executionTimeoutSeconds ?? 0) > invokeLimits.durableSynchronousSeconds) {
    throw fail("InvalidParameterValueException", {
      with: "You cannot synchronously invoke a durable function with an executionTimeout greater than 15 minutes.",
    });
  }
  const started = await startExecution(services, target, request);
  const ended = await services.durable.ended(started.id);
  const shared = {
    StatusCode: 200,
    ExecutedVersion: ended.version,
    DurableExecutionArn: executionArn(ended),
  };
  if (ended.status === "SUCCEEDED") {
    return { ...shared, Payload: Buffer.from(ended.result ?? "null") };
  }
  const { ErrorMessage, ErrorType, StackTrace, ErrorData } = ended.error ?? {};
  const error = {
    errorType: ErrorType,
    errorMessage: ErrorMessage,
    stackTrace: StackTrace,
    errorData: ErrorData,
  };
  return {
    ...shared,
    FunctionError: "Unhandled",
    Payload: Buffer.from(JSON.stringify(error)),
  };
}
