import type {
  CapacityProvider,
  ListCapacityProvidersRequest,
  ListCapacityProvidersResponse,
} from "@aws-sdk/client-lambda";
import type { RequestContext } from "../../../wire/index.ts";
import { describeCapacityProvider } from "../../capacity-providers/capacity-providers.ts";
import { type ControlPlane, scopeOf } from "../../control-plane.ts";
import { decodeMarker, encodeMarker, pageSize } from "../../pages.ts";

interface Position {
  readonly name: string;
}

/** https://docs.aws.amazon.com/lambda/latest/api/API_ListCapacityProviders.html */
export function ListCapacityProviders(
  plane: ControlPlane,
  input: ListCapacityProvidersRequest,
  context: RequestContext,
): ListCapacityProvidersResponse {
  const most = pageSize(input.MaxItems);
  let last = input.Marker ? decodeMarker<Position>(input.Marker, isPosition).name : undefined;
  const items: CapacityProvider[] = [];
  for (const entry of plane.capacityProviders.collection.list(scopeOf(context), last)) {
    if (input.State !== undefined && entry.document.state !== input.State) continue;
    if (items.length === most) return { CapacityProviders: items, NextMarker: encodeMarker({ name: last }) };
    items.push(describeCapacityProvider(entry));
    last = entry.id;
  }
  return { CapacityProviders: items };
}

function isPosition(value: unknown): value is Position {
  return typeof (value as Partial<Position> | null)?.name === "string";
}
