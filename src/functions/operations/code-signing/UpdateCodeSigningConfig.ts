import type { UpdateCodeSigningConfigRequest, UpdateCodeSigningConfigResponse } from "@aws-sdk/client-lambda";
import type { RequestContext } from "../../../wire/index.ts";
import { describeCodeSigning } from "../../code-signing/code-signing.ts";
import { type ControlPlane, findCodeSigning } from "../../control-plane.ts";
import { because } from "../../errors.ts";

export async function UpdateCodeSigningConfig(
  plane: ControlPlane,
  input: UpdateCodeSigningConfigRequest,
  context: RequestContext,
): Promise<UpdateCodeSigningConfigResponse> {
  const present = findCodeSigning(plane, context, input.CodeSigningConfigArn);
  const updated = await plane.codeSigning.collection.update(present, present.id, ({ document }) => ({
    ...document,
    description: input.Description ?? document.description,
    signingProfileVersionArns:
      input.AllowedPublishers?.SigningProfileVersionArns ?? document.signingProfileVersionArns,
    untrustedArtifacts:
      input.CodeSigningPolicies?.UntrustedArtifactOnDeployment ?? document.untrustedArtifacts,
    lastModified: plane.clock.now(),
  }));
  if (updated === undefined) throw because("signingConfigGone", { arn: input.CodeSigningConfigArn ?? "" });
  return { CodeSigningConfig: describeCodeSigning(updated) };
}
