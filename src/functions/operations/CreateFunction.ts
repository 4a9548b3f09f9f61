import type { CreateFunctionRequest, FunctionConfiguration } from "@aws-sdk/client-lambda";
import { functionLimits } from "../../base/index.ts";
import type { RequestContext } from "../../wire/index.ts";
import { describeVersion } from "../configuration.ts";
import {
  type ControlPlane,
  demandCodeSigning,
  demandStorage,
  sayWithoutEffect,
  scopeOf,
  settingsContext,
} from "../control-plane.ts";
import { newFunction } from "../deployment.ts";
import { because, constraintFailure } from "../errors.ts";
import { locateFunction } from "../lookup.ts";
import { checkSource, codeOf } from "../package/intake.ts";
import { demandFit } from "../settings/layers.ts";
import { refuseMember } from "../settings/refused.ts";
import { checkRole } from "../settings/role.ts";
import { createSettings } from "../settings/settings.ts";
import { addTags } from "../settings/tags.ts";

export async function CreateFunction(
  plane: ControlPlane,
  input: CreateFunctionRequest,
  context: RequestContext,
): Promise<FunctionConfiguration> {
  const scope = scopeOf(context);
  const { name, arn } = locateFunction(plane, context, input.FunctionName, { shared: false });
  checkLength(name);
  if (plane.repository.get(scope, name) !== undefined) throw because("functionExists", { name });

  if (input.PackageType === "Image") refuseMember("PackageType Image");
  if (input.CapacityProviderConfig !== undefined) refuseMember("CapacityProviderConfig");
  if (input.PublishTo !== undefined) refuseMember("PublishTo");
  const codeSigningConfigArn = input.CodeSigningConfigArn;
  if (codeSigningConfigArn !== undefined) demandCodeSigning(plane, scope, codeSigningConfigArn);
  const code = input.Code ?? {};
  checkSource(code);
  const settings = createSettings(input, settingsContext(plane, { ...scope, name }, context));
  const tags = addTags({}, input.Tags ?? {});
  await checkRole(settings.roleArn, scope, {
    roles: plane.roles,
    required: plane.requireRoles,
    functionArn: arn,
  });

  plane.codeSigning.demandTrust(scope, codeSigningConfigArn, name);

  const held = await plane.intake.take(code, scope, context);
  try {
    demandFit(held.unzippedBytes, settings.layers);
    demandStorage(plane, scope, held.sizeBytes);
    const draft = newFunction({
      name,
      deployment: { code: codeOf(held), settings },
      tags,
      codeSigningConfigArn,
      publish: input.Publish === true,
      now: plane.clock.now(),
      randomness: plane.randomness,
    });
    const entry = await plane.codeSigning.whileReferring(codeSigningConfigArn, () => {
      if (codeSigningConfigArn !== undefined) demandCodeSigning(plane, scope, codeSigningConfigArn);
      return plane.repository.create(scope, draft);
    });
    plane.settling.start(entry);
    sayWithoutEffect(plane, arn, settings);
    const shown = describeVersion(entry, { version: "$LATEST", record: entry.document.latest }, undefined);
    // The one answer that names a version under an unqualified ARN.
    return draft.version === undefined ? shown : { ...shown, Version: draft.version.version };
  } finally {
    held.release();
  }
}

function checkLength(name: string): void {
  if (name.length <= functionLimits.nameCharacters) return;
  const constraint = `Member must have length less than or equal to ${functionLimits.nameCharacters}`;
  throw because("longName", { failure: constraintFailure("functionName", name, constraint) });
}
