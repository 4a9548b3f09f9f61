import type { DeleteFunctionUrlConfigRequest } from "@aws-sdk/client-lambda";
import type { RequestContext } from "../../../wire/index.ts";
import type { ControlPlane } from "../../control-plane.ts";
import { because } from "../../errors.ts";
import { locateFor } from "../../lookup.ts";
import { findUrl, urlOf } from "../../urls/function-url.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_DeleteFunctionUrlConfig.html */
export async function DeleteFunctionUrlConfig(
  plane: ControlPlane,
  input: DeleteFunctionUrlConfigRequest,
  context: RequestContext,
): Promise<Record<string, never>> {
  const target = locateFor(plane, context, input, { shared: false });
  const { qualifier } = target;
  findUrl(plane, target);
  await plane.repository.update(target, target.name, (present) => {
    if (urlOf(present, qualifier) === undefined) throw because("resourceMissing");
    const { [qualifier ?? ""]: _gone, ...urls } = present.document.urls ?? {};
    return { document: { ...present.document, urls } };
  });
  return {};
}
