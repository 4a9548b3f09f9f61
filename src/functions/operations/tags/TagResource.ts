import type { TagResourceRequest } from "@aws-sdk/client-lambda";
import type { RequestContext } from "../../../wire/index.ts";
import type { ControlPlane } from "../../control-plane.ts";
import { because } from "../../errors.ts";
import { taggedResource } from "../../settings/tagged-resource.ts";
import { addTags } from "../../settings/tags.ts";

export async function TagResource(
  plane: ControlPlane,
  input: TagResourceRequest,
  context: RequestContext,
): Promise<Record<string, never>> {
  const resource = taggedResource(plane, context, input.Resource);
  const added = input.Tags ?? {};
  if (Object.keys(added).length === 0) throw because("emptyTags");
  await resource.retag((present) => addTags(present, added));
  return {};
}
