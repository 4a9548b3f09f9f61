import type { CreateCodeSigningConfigRequest, CreateCodeSigningConfigResponse } from "@aws-sdk/client-lambda";
import type { RequestContext } from "../../../wire/index.ts";
import { describeCodeSigning } from "../../code-signing/code-signing.ts";
import { type ControlPlane, scopeOf } from "../../control-plane.ts";
import { addTags } from "../../settings/tags.ts";

export async function CreateCodeSigningConfig(
  plane: ControlPlane,
  input: CreateCodeSigningConfigRequest,
  context: RequestContext,
): Promise<CreateCodeSigningConfigResponse> {
  const config = await plane.codeSigning.create(scopeOf(context), {
    description: input.Description ?? "",
    signingProfileVersionArns: input.AllowedPublishers?.SigningProfileVersionArns ?? [],
    untrustedArtifacts: input.CodeSigningPolicies?.UntrustedArtifactOnDeployment ?? "Warn",
    tags: addTags({}, input.Tags ?? {}),
  });
  return { CodeSigningConfig: describeCodeSigning(config) };
}
