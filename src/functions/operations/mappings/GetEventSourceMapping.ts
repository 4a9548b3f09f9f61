import type { EventSourceMappingConfiguration, GetEventSourceMappingRequest } from "@aws-sdk/client-lambda";
import type { RequestContext } from "../../../wire/index.ts";
import type { ControlPlane } from "../../control-plane.ts";
import { describeMapping } from "../../mappings/mappings.ts";
import { findMapping } from "../../mappings/target.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_GetEventSourceMapping.html */
export function GetEventSourceMapping(
  plane: ControlPlane,
  input: GetEventSourceMappingRequest,
  context: RequestContext,
): EventSourceMappingConfiguration {
  return describeMapping(findMapping(plane, context, input.UUID));
}
