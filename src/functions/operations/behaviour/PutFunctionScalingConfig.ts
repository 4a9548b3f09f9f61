import type {
  PutFunctionScalingConfigRequest,
  PutFunctionScalingConfigResponse,
} from "@aws-sdk/client-lambda";
import type { RequestContext } from "../../../wire/index.ts";
import type { ControlPlane } from "../../control-plane.ts";
import { because } from "../../errors.ts";
import { findFunction, findVersion, locateFor } from "../../lookup.ts";

/**
 * Only for functions on a capacity provider, which this server refuses to make: others scale by reserved and
 * provisioned concurrency. https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionScalingConfig.html
 */
export function PutFunctionScalingConfig(
  plane: ControlPlane,
  input: PutFunctionScalingConfigRequest,
  context: RequestContext,
): PutFunctionScalingConfigResponse {
  const target = locateFor(plane, context, input, { shared: false });
  findVersion(findFunction(plane, target), target);
  throw because("noCapacityProvider");
}
