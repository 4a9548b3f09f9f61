import type { TagResourceRequest } from "@aws-sdk/client-lambda";
import type { RequestContext } from "../../wire/index.ts";
import { type ControlPlane, demandNoUpdate } from "../control-plane.ts";
import { withTags } from "../deployment.ts";
import { because } from "../errors.ts";
import { taggedFunction } from "../settings/tagged-function.ts";
import { addTags } from "../settings/tags.ts";

export async function TagResource(
  plane: ControlPlane,
  input: TagResourceRequest,
  context: RequestContext,
): Promise<Record<string, never>> {
  const entry = taggedFunction(plane, context, input.Resource);
  const added = input.Tags ?? {};
  if (Object.keys(added).length === 0) throw because("emptyTags");
  await plane.repository.update(entry, entry.name, (present) => {
    demandNoUpdate(present);
    return withTags(present.document, addTags(present.document.tags, added), plane.randomness);
  });
  return {};
}
