import type { ListTagsRequest, ListTagsResponse } from "@aws-sdk/client-lambda";
import type { RequestContext } from "../../../wire/index.ts";
import type { ControlPlane } from "../../control-plane.ts";
import { taggedResource } from "../../settings/tagged-resource.ts";

export function ListTags(
  plane: ControlPlane,
  input: ListTagsRequest,
  context: RequestContext,
): ListTagsResponse {
  return { Tags: { ...taggedResource(plane, context, input.Resource).tags } };
}
