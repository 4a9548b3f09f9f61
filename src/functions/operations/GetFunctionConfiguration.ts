import type { FunctionConfiguration, GetFunctionConfigurationRequest } from "@aws-sdk/client-lambda";
import type { RequestContext } from "../../wire/index.ts";
import type { ControlPlane } from "../control-plane.ts";
import { findFunction, findVersion, locateFor } from "../lookup.ts";
import { describePresent } from "../present-runtime.ts";

export function GetFunctionConfiguration(
  plane: ControlPlane,
  input: GetFunctionConfigurationRequest,
  context: RequestContext,
): FunctionConfiguration {
  const target = locateFor(plane, context, input, { shared: true });
  const entry = findFunction(plane, target);
  return describePresent(plane.runtimes, entry, findVersion(entry, target), target.qualifier);
}
