import type { InvocationRequest, InvocationResponse } from "@aws-sdk/client-lambda";
import type { RequestContext } from "../../wire/index.ts";
import { runExecution } from "../durable/starting.ts";
import {
  ASYNCHRONOUS,
  checkRequest,
  continueTrace,
  enqueueRequest,
  type InvokeServices,
  invocationOf,
  logResult,
  SYNCHRONOUS,
} from "../request.ts";
import { runAttempt } from "../run.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html */
export async function Invoke(
  services: InvokeServices,
  input: InvocationRequest,
  context: RequestContext,
): Promise<InvocationResponse> {
  const type = input.InvocationType ?? "RequestResponse";
  const request = checkRequest(services, input, context, type === "Event" ? ASYNCHRONOUS : SYNCHRONOUS);
  if (type === "DryRun") return { StatusCode: 204 };
  if (type === "Event") {
    const started = await enqueueRequest(services, request, context, input.DurableExecutionName);
    return { StatusCode: 202, ...started };
  }
  if (request.target.durable !== undefined) {
    return runExecution(services, request.target, {
      ...request,
      name: input.DurableExecutionName,
      traceId: continueTrace(services, request.target, context),
    });
  }
  const { outcome, target: ran } = await runAttempt(
    {
      target: request.target,
      invocation: invocationOf(services, request, input, context),
      lane: "sync",
      attempt: 1,
    },
    services,
  );
  context.setHeader("content-type", "application/json");
  context.setHeader("x-amzn-remapped-content-length", "0");
  const response: InvocationResponse = {
    StatusCode: 200,
    ExecutedVersion: ran.version,
    Payload: outcome.payload,
  };
  if (outcome.functionError !== undefined) response.FunctionError = outcome.functionError;
  return outcome.logTail === undefined ? response : { ...response, ...logResult(outcome.logTail) };
}
