import type { UntagResourceRequest } from "@aws-sdk/client-lambda";
import type { RequestContext } from "../../../wire/index.ts";
import type { ControlPlane } from "../../control-plane.ts";
import { taggedResource } from "../../settings/tagged-resource.ts";

export async function UntagResource(
  plane: ControlPlane,
  input: UntagResourceRequest,
  context: RequestContext,
): Promise<Record<string, never>> {
  const gone = new Set(input.TagKeys);
  await taggedResource(plane, context, input.Resource).retag((present) =>
    Object.fromEntries(Object.entries(present).filter(([key]) => !gone.has(key))),
  );
  return {};
}
