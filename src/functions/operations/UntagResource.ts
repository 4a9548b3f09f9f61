import type { UntagResourceRequest } from "@aws-sdk/client-lambda";
import type { RequestContext } from "../../wire/index.ts";
import { type ControlPlane, demandNoUpdate } from "../control-plane.ts";
import { withTags } from "../deployment.ts";
import { taggedFunction } from "../settings/tagged-function.ts";

export async function UntagResource(
  plane: ControlPlane,
  input: UntagResourceRequest,
  context: RequestContext,
): Promise<Record<string, never>> {
  const entry = taggedFunction(plane, context, input.Resource);
  const gone = new Set(input.TagKeys);
  await plane.repository.update(entry, entry.name, (present) => {
    demandNoUpdate(present);
    const kept = Object.entries(present.document.tags).filter(([key]) => !gone.has(key));
    return withTags(present.document, Object.fromEntries(kept), plane.randomness);
  });
  return {};
}
