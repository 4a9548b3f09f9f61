/**
 * Tokens and markers of paginated lists. They are opaque to callers and hold where the page ended, so that what comes
 * or goes meanwhile does no harm.
 */
export function encodePageToken(place: string): string {
  return Buffer.from(place, "utf8").toString("base64url");
}

/** The place that a token holds; undefined for text that no `encodePageToken` gave. */
export function decodePageToken(token: string): string | undefined {
  const bytes = Buffer.from(token, "base64url");
  const place = bytes.toString("utf8");
  const canonical = bytes.toString("base64url") === token && Buffer.from(place, "utf8").equals(bytes);
  return canonical && place !== "" ? place : undefined;
}

/**
 * One page of what is in memory whole, in the order of its keys (by code units), from behind the key `after`. `last` is
 * the key to go on behind; absent when nothing is left.
 */
export function cutPage<Item>(
  all: readonly Item[],
  keyOf: (item: Item) => string,
  page: { readonly after?: string | undefined; readonly most: number },
): { readonly items: Item[]; readonly last?: string } {
  const { after, most } = page;
  const waiting = all
    .map((item) => ({ key: keyOf(item), item }))
    .filter(({ key }) => after === undefined || key > after)
    .sort((one, other) => (one.key < other.key ? -1 : one.key > other.key ? 1 : 0));
  const kept = waiting.slice(0, most);
  const last = kept.at(-1);
  const items = kept.map(({ item }) => item);
  return kept.length < waiting.length && last !== undefined ? { items, last: last.key } : { items };
}
