import { type Clock, invokeLimits, type Randomness } from "../base/index.ts";
import type { Invocation } from "../environments/index.ts";
import type { FunctionCatalog, ResolvedFunction } from "../functions/index.ts";
import type { UsageLedger } from "../metering/index.ts";
import type { RequestContext } from "../wire/index.ts";
import type { Admission } from "./admission/admission.ts";
import type { AsyncQueue } from "./async/async-queue.ts";
import type { DurableExecutions } from "./durable/engine.ts";
import { executionArn } from "./durable/names.ts";
import { startExecution } from "./durable/starting.ts";
import { fail } from "./errors.ts";
import { refuseLoop } from "./lineage.ts";
import { checkedPayload, decodeClientContext, type EventSize } from "./payload.ts";
import { traceHeader } from "./trace-header.ts";

/** What the operations that run functions share. */
export interface InvokeServices {
  readonly catalog: Pick<FunctionCatalog, "resolve">;
  readonly admission: Pick<Admission, "admit">;
  readonly asyncQueue: Pick<AsyncQueue, "enqueue">;
  readonly durable: DurableExecutions;
  readonly ledger: Pick<UsageLedger, "append" | "amend">;
  readonly clock: Clock;
  readonly randomness: Randomness;
}

export interface InvokeInput {
  readonly FunctionName: string | undefined;
  readonly Qualifier?: string | undefined;
  readonly Payload?: Uint8Array | undefined;
  readonly ClientContext?: string | undefined;
  readonly LogType?: string | undefined;
  readonly TenantId?: string | undefined;
  readonly DurableExecutionName?: string | undefined;
}

/** A request that may run: every check that needs no environment is behind it. */
export interface CheckedRequest {
  readonly target: ResolvedFunction;
  readonly payload: Uint8Array;
  readonly clientContext: string | undefined;
  readonly tenantId: string | undefined;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Checks a request in AWS's order: the size of its event, its JSON, the rest of it, then the function. */
export function checkRequest(
  services: Pick<InvokeServices, "catalog">,
  input: InvokeInput,
  context: RequestContext,
  event: EventSize,
): CheckedRequest {
  const payload = checkedPayload(input.Payload, event);
  const clientContext = decodeClientContext(input.ClientContext);
  checkRequestId(context.headers["x-amzn-requestid"]);
  const target = services.catalog.resolve(
    {
      account: context.account,
      region: context.region,
      functionName: input.FunctionName ?? "",
      qualifier: input.Qualifier,
    },
    context,
  );
  checkTenant(target, input.TenantId);
  if (input.DurableExecutionName !== undefined && target.durable === undefined) {
    throw fail("InvalidParameterValueException", {
      with: "DurableExecutionName can only be used with durable functions.",
    });
  }
  return { target, payload, clientContext, tenantId: input.TenantId };
}

/** https://docs.aws.amazon.com/lambda/latest/dg/tenant-isolation-invocation.html */
function checkTenant(target: ResolvedFunction, tenantId: string | undefined): void {
  const isolated = target.tenantIsolation !== undefined;
  if (isolated === (tenantId !== undefined)) return;
  throw fail("InvalidParameterValueException", {
    with: isolated
      ? "Add a valid tenant ID in your request and try again."
      : "The invoked function is not enabled with tenancy configuration.",
  });
}

/** The trace that the function continues; the answer tells it too. */
export function continueTrace(
  { clock, randomness }: Pick<InvokeServices, "clock" | "randomness">,
  target: ResolvedFunction,
  context: RequestContext,
): string {
  const traceId = traceHeader(context.headers["x-amzn-trace-id"], target.arn, clock, randomness);
  context.setHeader("x-amzn-trace-id", traceId);
  return traceId;
}

/** A synchronous invocation as its environment gets it. */
export function invocationOf(
  services: Pick<InvokeServices, "clock" | "randomness">,
  { target, payload, clientContext, tenantId }: CheckedRequest,
  input: InvokeInput,
  context: RequestContext,
): Invocation {
  const traceId = continueTrace(services, target, context);
  refuseLoop(target, traceId);
  const checkedAtMs = services.clock.monotonicMs();
  const invocation: Mutable<Invocation> = {
    moments: { receivedAtMs: context.receivedAtMs ?? checkedAtMs, checkedAtMs },
    requestId: context.requestId,
    payload,
    invokedFunctionArn: target.invokedArn,
    traceId,
    wantsLogTail: input.LogType === "Tail",
  };
  if (clientContext !== undefined) invocation.clientContext = clientContext;
  if (tenantId !== undefined) invocation.tenantId = tenantId;
  return invocation;
}

// A member after a spread in an object literal is slow, and these are made for every invocation.
type Mutable<T> = { -readonly [Name in keyof T]: T[Name] };

/** Puts an event where it is safe; it runs later. A durable function's execution has started when it resolves. */
export async function enqueueRequest(
  services: InvokeServices,
  { target, payload, tenantId }: CheckedRequest,
  context: RequestContext,
  name?: string,
): Promise<{ readonly DurableExecutionArn?: string }> {
  const { requestId } = context;
  const traceId = continueTrace(services, target, context);
  if (target.durable !== undefined) {
    const execution = await startExecution(services, target, { payload, name, traceId, tenantId });
    return { DurableExecutionArn: executionArn(execution) };
  }
  await services.asyncQueue.enqueue({
    target,
    requestId,
    payload,
    traceId,
    tenantId,
    deduplicationId: requestId,
  });
  return {};
}

export const SYNCHRONOUS = { operation: "InvokeFunction", mostBytes: invokeLimits.requestPayloadBytes };
export const ASYNCHRONOUS = { operation: "InvokeFunction", mostBytes: invokeLimits.asyncPayloadBytes };

function checkRequestId(header: string | undefined): void {
  if (header === undefined || UUID.test(header)) return;
  throw fail("InvalidRequestContentException", {
    with: "The x-amzn-RequestId header is not a valid UUID string.",
  });
}

/** A log tail as the API carries it. */
export function logResult(tail: Uint8Array | undefined): { readonly LogResult?: string } {
  if (tail === undefined) return {};
  return { LogResult: Buffer.from(tail.buffer, tail.byteOffset, tail.byteLength).toString("base64") };
}
