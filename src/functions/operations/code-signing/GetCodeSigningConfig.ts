import type { GetCodeSigningConfigRequest, GetCodeSigningConfigResponse } from "@aws-sdk/client-lambda";
import type { RequestContext } from "../../../wire/index.ts";
import { describeCodeSigning } from "../../code-signing/code-signing.ts";
import { type ControlPlane, findCodeSigning } from "../../control-plane.ts";

export function GetCodeSigningConfig(
  plane: ControlPlane,
  input: GetCodeSigningConfigRequest,
  context: RequestContext,
): GetCodeSigningConfigResponse {
  return {
    CodeSigningConfig: describeCodeSigning(findCodeSigning(plane, context, input.CodeSigningConfigArn)),
  };
}
