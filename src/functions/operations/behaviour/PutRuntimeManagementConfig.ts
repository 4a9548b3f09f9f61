import type {
  PutRuntimeManagementConfigRequest,
  PutRuntimeManagementConfigResponse,
} from "@aws-sdk/client-lambda";
import type { RequestContext } from "../../../wire/index.ts";
import type { ControlPlane } from "../../control-plane.ts";
import { because } from "../../errors.ts";
import { findRunnable, locateFor } from "../../lookup.ts";
import { describeRuntimeManagement, type RuntimeManagement } from "../../settings/runtime-management.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_PutRuntimeManagementConfig.html */
export async function PutRuntimeManagementConfig(
  plane: ControlPlane,
  input: PutRuntimeManagementConfigRequest,
  context: RequestContext,
): Promise<PutRuntimeManagementConfigResponse> {
  const target = locateFor(plane, context, input, { shared: false });
  const { qualifier = "$LATEST" } = target;
  const management = requested(input);
  findRunnable(plane.repository.get(target, target.name), target);
  const entry = await plane.repository.update(target, target.name, (present) => {
    const { record } = findRunnable(present, target).shown;
    const arn = management.versionArn;
    if (arn !== undefined && arn !== record.settings.runtimeVersionArn) {
      throw because("runtimeVersionMissing", { arn });
    }
    const runtimeManagement = { ...present.document.runtimeManagement, [qualifier]: management };
    return { document: { ...present.document, runtimeManagement } };
  });
  // The machine has one version of each runtime, which nothing replaces while the server runs.
  plane.log.warn("settings without effect", { function: entry.arn, settings: ["UpdateRuntimeOn"] });
  return describeRuntimeManagement(entry, target) as PutRuntimeManagementConfigResponse;
}

function requested(input: PutRuntimeManagementConfigRequest): RuntimeManagement {
  const { UpdateRuntimeOn: updateOn = "Auto", RuntimeVersionArn: versionArn } = input;
  if (updateOn === "Manual" && versionArn === undefined) throw because("runtimeVersionNotGiven");
  if (updateOn !== "Manual" && versionArn !== undefined) {
    throw because("runtimeVersionNotManual", { updateOn });
  }
  return versionArn === undefined ? { updateOn } : { updateOn, versionArn };
}
