import type { DeleteCodeSigningConfigRequest } from "@aws-sdk/client-lambda";
import type { RequestContext } from "../../../wire/index.ts";
import { type ControlPlane, findCodeSigning } from "../../control-plane.ts";
import { because } from "../../errors.ts";

/** Only what no function refers to can be deleted. */
export async function DeleteCodeSigningConfig(
  plane: ControlPlane,
  input: DeleteCodeSigningConfigRequest,
  context: RequestContext,
): Promise<Record<string, never>> {
  const arn = input.CodeSigningConfigArn ?? "";
  await plane.codeSigning.whileReferring(arn, async () => {
    const config = findCodeSigning(plane, context, arn);
    for (const { document } of plane.repository.list(config, undefined)) {
      if (document.codeSigningConfigArn === arn) throw because("signingConfigInUse", { arn });
    }
    await plane.codeSigning.collection.delete(config, config.id);
  });
  return {};
}
