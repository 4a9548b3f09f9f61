import type {
  GetRuntimeManagementConfigRequest,
  GetRuntimeManagementConfigResponse,
} from "@aws-sdk/client-lambda";
import type { RequestContext } from "../../../wire/index.ts";
import type { ControlPlane } from "../../control-plane.ts";
import { findRunnable, locateFor } from "../../lookup.ts";
import { describeRuntimeManagement } from "../../settings/runtime-management.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_GetRuntimeManagementConfig.html */
export function GetRuntimeManagementConfig(
  plane: ControlPlane,
  input: GetRuntimeManagementConfigRequest,
  context: RequestContext,
): GetRuntimeManagementConfigResponse {
  const target = locateFor(plane, context, input, { shared: false });
  const { entry } = findRunnable(plane.repository.get(target, target.name), target);
  return describeRuntimeManagement(entry, target);
}
