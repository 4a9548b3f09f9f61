import { functionLimits } from "../base/index.ts";
import { because } from "./errors.ts";

/** More than a page may hold is cut, not refused. */
export function pageSize(maxItems: number | undefined): number {
  return Math.min(maxItems ?? functionLimits.listPageItems, functionLimits.listPageItems);
}

/** Markers are opaque to callers, and hold where the page ended, so that what comes or goes meanwhile does no harm. */
export function encodeMarker(position: object): string {
  return Buffer.from(JSON.stringify(position)).toString("base64url");
}

export function decodeMarker<Position>(
  marker: string,
  check: (value: unknown) => value is Position,
): Position {
  try {
    const position: unknown = JSON.parse(Buffer.from(marker, "base64url").toString());
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
  const after = request.Marker ? decodeMarker<{ readonly key: string }>(request.Marker, hasKey).key : "";
  const rest = all
    .map((item) => ({ key: keyOf(item), item }))
    .filter(({ key }) => key > after)
    .sort((a, b) => (a.key < b.key ? -1 : 1));
  const page = rest.slice(0, pageSize(request.MaxItems));
  const last = page.at(-1);
  return {
    items: page.map(({ item }) => item),
    marker:
      page.length < rest.length && last !== undefined ? { NextMarker: encodeMarker({ key: last.key }) } : {},
  };
}

function hasKey(value: unknown): value is { readonly key: string } {
  return typeof (value as { readonly key?: unknown } | null)?.key === "string";
}
