import type { FunctionConfiguration, UpdateFunctionConfigurationRequest } from "@aws-sdk/client-lambda";
import type { RequestContext } from "../../wire/index.ts";
import { type ControlPlane, demandUpdatable, sayWithoutEffect, settingsContext } from "../control-plane.ts";
import { changed } from "../deployment.ts";
import type { Deployment } from "../document.ts";
import { because } from "../errors.ts";
import { findFunction, locateFunction } from "../lookup.ts";
import { applyUpdate } from "../publishing.ts";
import { demandFit } from "../settings/layers.ts";
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
  if (input.CapacityProviderConfig !== undefined) throw because("capacityOfDefault");
  const read = ({ code, settings }: Deployment) => {
    const updated = updateSettings(settings, input, settingsContext(plane, target, context));
    // A document of an earlier release does not know the package's size; then the layers alone have to fit.
    if (input.Layers !== undefined) demandFit(code.unzippedBytes ?? 0, updated.layers);
    return updated;
  };
  if (input.Layers !== undefined && input.Layers.length > 0) {
    plane.codeSigning.demandTrust(target, present.document.codeSigningConfigArn, target.name);
  }
  const settings = read(present.document.latest);
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
      settings: read(latest),
    };
    return changed(entry.document, deployment, plane.clock.now(), plane.randomness);
  });
  sayWithoutEffect(plane, target.arn, settings);
  return answer;
}
