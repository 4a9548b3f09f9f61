import type { ListTagsRequest, ListTagsResponse } from "@aws-sdk/client-lambda";
import type { RequestContext } from "../../wire/index.ts";
import type { ControlPlane } from "../control-plane.ts";
import { taggedFunction } from "../settings/tagged-function.ts";

export function ListTags(
  plane: ControlPlane,
  input: ListTagsRequest,
  context: RequestContext,
): ListTagsResponse {
  return { Tags: { ...taggedFunction(plane, context, input.Resource).document.tags } };
}
