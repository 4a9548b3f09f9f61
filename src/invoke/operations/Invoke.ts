import type { InvocationRequest, InvocationResponse } from "@aws-sdk/client-lambda";
import { type Clock, invokeLimits, type Randomness } from "../../base/index.ts";
import type { FunctionCatalog } from "../../functions/index.ts";
import type { UsageLedger } from "../../metering/index.ts";
import type { RequestContext } from "../../wire/index.ts";
import type { Admission } from "../admission/admission.ts";
import type { AsyncQueue } from "../async/async-queue.ts";
import { fail } from "../errors.ts";
import { checkedPayload, decodeClientContext } from "../payload.ts";
import { runAttempt } from "../run.ts";
import { traceHeader } from "../trace-header.ts";

export interface InvokeServices {
  readonly catalog: Pick<FunctionCatalog, "resolve">;
  readonly admission: Pick<Admission, "admit">;
  readonly asyncQueue: Pick<AsyncQueue, "enqueue">;
  readonly ledger: Pick<UsageLedger, "append">;
  readonly clock: Clock;
  readonly randomness: Randomness;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html */
export async function Invoke(
  services: InvokeServices,
  input: InvocationRequest,
  context: RequestContext,
): Promise<InvocationResponse> {
  const { catalog, admission, asyncQueue, ledger, clock, randomness } = services;
  const type = input.InvocationType ?? "RequestResponse";
  const mostBytes = type === "Event" ? invokeLimits.asyncPayloadBytes : invokeLimits.requestPayloadBytes;
  const payload = checkedPayload(input.Payload, mostBytes);
  const clientContext = decodeClientContext(input.ClientContext);
  checkRequestId(context.headers["x-amzn-requestid"]);
  const target = catalog.resolve({
    account: context.account,
    region: context.region,
    functionName: input.FunctionName ?? "",
    ...(input.Qualifier === undefined ? {} : { qualifier: input.Qualifier }),
  });
  if (type === "DryRun") return { StatusCode: 204 };

  const { requestId } = context;
  const traceId = traceHeader(context.headers["x-amzn-trace-id"], clock, randomness);
  context.setHeader("x-amzn-trace-id", traceId);
  if (type === "Event") {
    await asyncQueue.enqueue({ target, requestId, payload, traceId, deduplicationId: requestId });
    return { StatusCode: 202 };
  }

  const wantsLogTail = input.LogType === "Tail";
  const { outcome, target: ran } = await runAttempt(
    {
      target,
      invocation: {
        requestId,
        payload,
        invokedFunctionArn: target.invokedArn,
        traceId,
        ...(clientContext === undefined ? {} : { clientContext }),
        wantsLogTail,
      },
      lane: "sync",
      attempt: 1,
    },
    admission,
    ledger,
  );
  context.setHeader("content-type", "application/json");
  context.setHeader("x-amzn-remapped-content-length", "0");
  return {
    StatusCode: 200,
    ExecutedVersion: ran.version,
    Payload: outcome.payload,
    ...(outcome.functionError === undefined ? {} : { FunctionError: outcome.functionError }),
    ...(wantsLogTail && outcome.logTail !== undefined ? { LogResult: base64(outcome.logTail) } : {}),
  };
}

function checkRequestId(header: string | undefined): void {
  if (header === undefined || UUID.test(header)) return;
  throw fail("InvalidRequestContentException", {
    with: "The x-amzn-RequestId header is not a valid UUID string.",
  });
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}
