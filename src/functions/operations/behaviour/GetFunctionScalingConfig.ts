import type {
  GetFunctionScalingConfigRequest,
  GetFunctionScalingConfigResponse,
} from "@aws-sdk/client-lambda";
import type { RequestContext } from "../../../wire/index.ts";
import type { ControlPlane } from "../../control-plane.ts";
import { because } from "../../errors.ts";
import { findFunction, findVersion, locateFor } from "../../lookup.ts";

/** Only for functions on a capacity provider. https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionScalingConfig.html */
export function GetFunctionScalingConfig(
  plane: ControlPlane,
  input: GetFunctionScalingConfigRequest,
  context: RequestContext,
): GetFunctionScalingConfigResponse {
  const target = locateFor(plane, context, input, { shared: false });
  findVersion(findFunction(plane, target), target);
  throw because("noCapacityProvider");
}
