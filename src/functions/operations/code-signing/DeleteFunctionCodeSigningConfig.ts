import type { DeleteFunctionCodeSigningConfigRequest } from "@aws-sdk/client-lambda";
import type { RequestContext } from "../../../wire/index.ts";
import type { ControlPlane } from "../../control-plane.ts";
import { locateFunction } from "../../lookup.ts";

/** Also fine if the function has none. */
export async function DeleteFunctionCodeSigningConfig(
  plane: ControlPlane,
  input: DeleteFunctionCodeSigningConfigRequest,
  context: RequestContext,
): Promise<Record<string, never>> {
  const target = locateFunction(plane, context, input.FunctionName, { shared: false });
  await plane.repository.update(target, target.name, ({ document }) => {
    if (document.codeSigningConfigArn === undefined) return undefined;
    const { codeSigningConfigArn: _gone, ...rest } = document;
    return { document: rest };
  });
  return {};
}
