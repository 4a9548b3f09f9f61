import { fail } from "./errors.ts";

const ITEMS_DEFAULT = 100;

interface PageRequest {
  readonly Marker?: string | undefined;
  readonly MaxItems?: number | undefined;
}

/** One page of a list that is in the order of its names, and what its answer says of the rest. */
export function pageOf<Item>(
  items: readonly Item[],
  nameOf: (item: Item) => string,
  { Marker, MaxItems = ITEMS_DEFAULT }: PageRequest,
): { readonly items: Item[]; readonly rest: { IsTruncated: boolean; Marker?: string } } {
  const after = Marker === undefined ? undefined : readMarker(Marker);
  const waiting = after === undefined ? [...items] : items.filter((item) => nameOf(item) > after);
  const page = waiting.slice(0, MaxItems);
  const last = page.at(-1);
  if (waiting.length <= MaxItems || last === undefined) return { items: page, rest: { IsTruncated: false } };
  return { items: page, rest: { IsTruncated: true, Marker: writeMarker(nameOf(last)) } };
}

export function writeMarker(name: string): string {
  return Buffer.from(name).toString("base64url");
}

export function readMarker(marker: string): string {
  const name = Buffer.from(marker, "base64url").toString();
  if (name === "" || writeMarker(name) !== marker) throw fail("ValidationError", { with: "Invalid Marker." });
  return name;
}
