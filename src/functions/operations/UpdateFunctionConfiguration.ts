import type { FunctionConfiguration, UpdateFunctionConfigurationRequest } from "@aws-sdk/client-lambda";
import type { RequestContext } from "../../wire/index.ts";
import { type ControlPlane, demandUpdatable, sayWithoutEffect } from "../control-plane.ts";
import { changed } from "../deployment.ts";
import { findFunction, locateFunction } from "../lookup.ts";
import { applyUpdate } from "../publishing.ts";
import { checkRole } from "../settings/role.ts";
import { updateSettings } from "../settings/settings.ts";

export async function UpdateFunctionConfiguration(
  plane: ControlPlane,
  input: UpdateFunctionConfigurationRequest,
  context: RequestContext,
): Promise<FunctionConfiguration> {
  const target = locateFunction(plane, context, input.FunctionName, { shared: false });
  const present = findFunction(plane, target);
  demandUpdatable(present, input.RevisionId);
  const settingsContext = { functionName: target.name, region: target.region, runtimes: plane.runtimes };
  const settings = updateSettings(present.document.latest.settings, input, settingsContext);
  if (input.Role !== undefined) {
    await checkRole(settings.roleArn, target, {
      roles: plane.roles,
      required: plane.requireRoles,
      functionArn: target.arn,
    });
  }
  const answer = await applyUpdate(plane, target, (entry) => {
    demandUpdatable(entry, input.RevisionId);
    const { latest } = entry.document;
    const deployment = {
      code: latest.code,
      settings: updateSettings(latest.settings, input, settingsContext),
    };
    return changed(entry.document, deployment, plane.clock.now(), plane.randomness);
  });
  sayWithoutEffect(plane, target.arn, settings);
  return answer;
}
