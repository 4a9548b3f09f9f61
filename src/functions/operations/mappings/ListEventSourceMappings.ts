import type {
  EventSourceMappingConfiguration,
  ListEventSourceMappingsRequest,
  ListEventSourceMappingsResponse,
} from "@aws-sdk/client-lambda";
import { functionLimits } from "../../../base/index.ts";
import type { RequestContext } from "../../../wire/index.ts";
import { type ControlPlane, scopeOf } from "../../control-plane.ts";
import { locateFor } from "../../lookup.ts";
import { describeMapping } from "../../mappings/mappings.ts";
import { qualified } from "../../names.ts";
import { decodeMarker, encodeMarker } from "../../pages.ts";

interface Position {
  readonly uuid: string;
}

/** https://docs.aws.amazon.com/lambda/latest/api/API_ListEventSourceMappings.html */
export function ListEventSourceMappings(
  plane: ControlPlane,
  input: ListEventSourceMappingsRequest,
  context: RequestContext,
): ListEventSourceMappingsResponse {
  const most = Math.min(
    input.MaxItems ?? functionLimits.mappingListPageItems,
    functionLimits.mappingListPageItems,
  );
  const target =
    input.FunctionName === undefined
      ? undefined
      : locateFor(plane, context, { FunctionName: input.FunctionName }, { shared: false });
  const functionArn = target === undefined ? undefined : qualified(target.arn, target.qualifier);
  const after = input.Marker ? decodeMarker<Position>(input.Marker, isPosition).uuid : undefined;
  const items: EventSourceMappingConfiguration[] = [];
  for (const entry of plane.mappings.collection.list(scopeOf(context), after)) {
    const { document } = entry;
    if (functionArn !== undefined && document.functionArn !== functionArn) continue;
    if (input.EventSourceArn !== undefined && document.settings.EventSourceArn !== input.EventSourceArn)
      continue;
    if (items.length === most) {
      return { EventSourceMappings: items, NextMarker: encodeMarker({ uuid: items.at(-1)?.UUID }) };
    }
    items.push(describeMapping(entry));
  }
  return { EventSourceMappings: items };
}

function isPosition(value: unknown): value is Position {
  return typeof (value as Partial<Position> | null)?.uuid === "string";
}
