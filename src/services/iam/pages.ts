import { cutPage, decodePageToken, encodePageToken } from "../../base/index.ts";
import { fail } from "./errors.ts";

const ITEMS_DEFAULT = 100;

interface PageRequest {
  readonly Marker?: string | undefined;
  readonly MaxItems?: number | undefined;
}

/** One page of a list, in the order of its names, and what its answer says of the rest. */
export function pageOf<Item>(
  items: readonly Item[],
  nameOf: (item: Item) => string,
  { Marker, MaxItems = ITEMS_DEFAULT }: PageRequest,
): { readonly items: Item[]; readonly rest: { IsTruncated: boolean; Marker?: string } } {
  const after = Marker === undefined ? undefined : readMarker(Marker);
  const page = cutPage(items, nameOf, { after, most: MaxItems });
  if (page.last === undefined) return { items: page.items, rest: { IsTruncated: false } };
  return { items: page.items, rest: { IsTruncated: true, Marker: encodePageToken(page.last) } };
}

export function readMarker(marker: string): string {
  const name = decodePageToken(marker);
  if (name === undefined) throw fail("ValidationError", { with: "Invalid Marker." });
  return name;
}
