import type { DeleteAliasRequest } from "@aws-sdk/client-lambda";
import type { RequestContext } from "../../../wire/index.ts";
import type { ControlPlane } from "../../control-plane.ts";
import { aliasOf, findFunction, locateFunction } from "../../lookup.ts";
import { withoutQualifier } from "../../qualifier-settings.ts";

/**
 * Also fine if there is no such alias. A function URL of it stays, and leads nowhere.
 * https://docs.aws.amazon.com/lambda/latest/api/API_DeleteAlias.html
 */
export async function DeleteAlias(
  plane: ControlPlane,
  input: DeleteAliasRequest,
  context: RequestContext,
): Promise<Record<string, never>> {
  const target = locateFunction(plane, context, input.FunctionName, { shared: true });
  const { Name: name = "" } = input;
  findFunction(plane, target);
  await plane.repository.update(target, target.name, (present) => {
    if (aliasOf(present, name) === undefined) return undefined;
    const { [name]: _gone, ...aliases } = present.document.aliases ?? {};
    return { document: withoutQualifier({ ...present.document, aliases }, name) };
  });
  return {};
}
