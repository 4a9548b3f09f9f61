import type { GetFunctionConcurrencyRequest, GetFunctionConcurrencyResponse } from "@aws-sdk/client-lambda";
import type { RequestContext } from "../../../wire/index.ts";
import type { ControlPlane } from "../../control-plane.ts";
import { findFunction, locateFunction } from "../../lookup.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionConcurrency.html */
export function GetFunctionConcurrency(
  plane: ControlPlane,
  input: GetFunctionConcurrencyRequest,
  context: RequestContext,
): GetFunctionConcurrencyResponse {
  const target = locateFunction(plane, context, input.FunctionName, { shared: true });
  const { reservedConcurrency } = findFunction(plane, target).document;
  return reservedConcurrency === undefined ? {} : { ReservedConcurrentExecutions: reservedConcurrency };
}
