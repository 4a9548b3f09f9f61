import { cutPage, decodePageToken, encodePageToken, functionLimits } from "../base/index.ts";
import { because } from "./errors.ts";

/** More than a page may hold is cut, not refused. */
export function pageSize(maxItems: number | undefined): number {
  return Math.min(maxItems ?? functionLimits.listPageItems, functionLimits.listPageItems);
}

/** Markers are opaque to callers, and hold where the page ended, so that what comes or goes meanwhile does no harm. */
export function encodeMarker(position: object): string {
  return encodePageToken(JSON.stringify(position));
}

export function decodeMarker<Position>(
  marker: string,
  check: (value: unknown) => value is Position,
): Position {
  try {
    const position: unknown = JSON.parse(decodePageToken(marker) ?? "");
    if (check(position)) return position;
  } catch {
    // Falls through to the answer that every other bad marker gets.
  }
  throw because("badMarker");
}

/** One page of what is in memory whole, in the order of its keys; `marker` is the answer's, and empty at the end. */
export function pageOf<Item>(
  all: readonly Item[],
  keyOf: (item: Item) => string,
  request: { readonly Marker?: string | undefined; readonly MaxItems?: number | undefined },
): { readonly items: readonly Item[]; readonly marker: { readonly NextMarker?: string } } {
  const after = request.Marker
    ? decodeMarker<{ readonly key: string }>(request.Marker, hasKey).key
    : undefined;
  const { items, last } = cutPage(all, keyOf, { after, most: pageSize(request.MaxItems) });
  return { items, marker: last === undefined ? {} : { NextMarker: encodeMarker({ key: last }) } };
}

function hasKey(value: unknown): value is { readonly key: string } {
  return typeof (value as { readonly key?: unknown } | null)?.key === "string";
}
