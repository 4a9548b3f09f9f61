import type { FunctionConfiguration, UpdateFunctionCodeRequest } from "@aws-sdk/client-lambda";
import type { RequestContext } from "../../wire/index.ts";
import { type ControlPlane, demandStorage, demandUpdatable, sayWithoutEffect } from "../control-plane.ts";
import { changed } from "../deployment.ts";
import type { Deployment } from "../document.ts";
import type { FunctionEntry } from "../entry.ts";
import { because } from "../errors.ts";
import { findFunction, locateFunction } from "../lookup.ts";
import { optional } from "../optional.ts";
import { checkSource, codeOf } from "../package/intake.ts";
import { applyUpdate, previewUpdate, withPublication } from "../publishing.ts";
import { demandFit } from "../settings/layers.ts";
import { refuseMember } from "../settings/refused.ts";

export async function UpdateFunctionCode(
  plane: ControlPlane,
  input: UpdateFunctionCodeRequest,
  context: RequestContext,
): Promise<FunctionConfiguration> {
  const target = locateFunction(plane, context, input.FunctionName, { shared: true });
  const { document } = demandUpdatable(findFunction(plane, target), input.RevisionId);
  if (input.ImageUri !== undefined) throw because("imageForZip");
  if (input.PublishTo !== undefined) refuseMember("PublishTo");
  checkSource(input);
  plane.codeSigning.demandTrust(target, document.codeSigningConfigArn, target.name);

  const held = await plane.intake.take(input, target, context);
  try {
    demandStorage(plane, target, held.sizeBytes);
    const change = (present: FunctionEntry) => {
      demandUpdatable(present, input.RevisionId);
      const { settings } = present.document.latest;
      const { sourceKmsKeyArn: _replaced, ...kept } = settings;
      demandFit(held.unzippedBytes, settings.layers);
      const architecture = input.Architectures?.[0] ?? settings.architecture;
      const deployment: Omit<Deployment, "generation"> = {
        code: codeOf(held),
        settings: {
          ...kept,
          architecture,
          ...optional("sourceKmsKeyArn", input.SourceKMSKeyArn || undefined),
        },
      };
      return changed(present.document, deployment, plane.clock.now(), plane.randomness);
    };
    if (input.DryRun === true) return previewUpdate(findFunction(plane, target), change);
    const answer = await applyUpdate(plane, target, (present) =>
      withPublication(plane, present, change(present), input.Publish === true),
    );
    if (input.Architectures !== undefined) {
      sayWithoutEffect(plane, target.arn, findFunction(plane, target).document.latest.settings);
    }
    return answer;
  } finally {
    held.release();
  }
}
