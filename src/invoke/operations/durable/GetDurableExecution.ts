import type { GetDurableExecutionRequest, GetDurableExecutionResponse } from "@aws-sdk/client-lambda";
import { functionArn } from "../../../base/index.ts";
import type { RequestContext } from "../../../wire/index.ts";
import { findExecution } from "../../durable/finding.ts";
import { executionArn } from "../../durable/names.ts";
import type { InvokeServices } from "../../request.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_GetDurableExecution.html */
export async function GetDurableExecution(
  { durable }: Pick<InvokeServices, "durable">,
  request: GetDurableExecutionRequest,
  context: RequestContext,
): Promise<GetDurableExecutionResponse> {
  const execution = await findExecution(durable, request.DurableExecutionArn, context);
  const { account, region, functionName, version, status, result, error, endedAt } = execution;
  const store = await durable.store();
  const withData = request.IncludeExecutionData ?? true;
  return {
    DurableExecutionArn: executionArn(execution),
    DurableExecutionName: execution.name,
    FunctionArn: functionArn(account, region, functionName, version),
    ...(withData ? { InputPayload: await store.read("input", execution.id) } : {}),
    ...(withData && result !== undefined ? { Result: result } : {}),
    ...(withData && error !== undefined ? { Error: error } : {}),
    StartTimestamp: new Date(execution.startedAt),
    Status: status,
    ...(endedAt === undefined ? {} : { EndTimestamp: new Date(endedAt) }),
    Version: version,
    TraceHeader: { XAmznTraceId: execution.traceId },
    ExecutionDataIncluded: withData,
    DurableConfig: {
      ExecutionTimeout: execution.executionTimeoutSeconds,
      RetentionPeriodInDays: execution.retentionDays,
    },
  };
}
