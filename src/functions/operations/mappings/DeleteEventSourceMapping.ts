import type {
  DeleteEventSourceMappingRequest,
  EventSourceMappingConfiguration,
} from "@aws-sdk/client-lambda";
import type { RequestContext } from "../../../wire/index.ts";
import type { ControlPlane } from "../../control-plane.ts";
import { because } from "../../errors.ts";
import { describeMapping, isInTransition } from "../../mappings/mappings.ts";
import { findMapping } from "../../mappings/target.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_DeleteEventSourceMapping.html */
export async function DeleteEventSourceMapping(
  plane: ControlPlane,
  input: DeleteEventSourceMappingRequest,
  context: RequestContext,
): Promise<EventSourceMappingConfiguration> {
  const found = findMapping(plane, context, input.UUID);
  const deleting = await plane.mappings.collection.update(found, found.id, ({ document }) => {
    if (isInTransition(document)) throw because("mappingInUse", { action: "delete" });
    return { ...document, state: "Deleting" };
  });
  if (deleting === undefined) throw because("resourceMissing");
  plane.mappings.advance(deleting);
  return describeMapping(deleting);
}
