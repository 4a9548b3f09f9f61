import type {
  PutFunctionCodeSigningConfigRequest,
  PutFunctionCodeSigningConfigResponse,
} from "@aws-sdk/client-lambda";
import type { RequestContext } from "../../../wire/index.ts";
import { type ControlPlane, demandCodeSigning } from "../../control-plane.ts";
import { locateFunction } from "../../lookup.ts";

/** What is deployed already stays; the configuration decides about what comes. */
export async function PutFunctionCodeSigningConfig(
  plane: ControlPlane,
  input: PutFunctionCodeSigningConfigRequest,
  context: RequestContext,
): Promise<PutFunctionCodeSigningConfigResponse> {
  const target = locateFunction(plane, context, input.FunctionName, { shared: false });
  const arn = input.CodeSigningConfigArn ?? "";
  await plane.codeSigning.whileReferring(arn, async () => {
    demandCodeSigning(plane, target, arn);
    await plane.repository.update(target, target.name, ({ document }) => ({
      document: { ...document, codeSigningConfigArn: arn },
    }));
  });
  return { CodeSigningConfigArn: arn, FunctionName: target.name };
}
