import { choice, type Input } from "./request.ts";
import type { ItemCollection } from "./store/item-collections.ts";

const GIGABYTE = 1024 ** 3;

/** Whether ReturnItemCollectionMetrics asks for the sizes of item collections. */
export function wantsItemCollections(input: Input): boolean {
  return choice(input, "ReturnItemCollectionMetrics", ["SIZE", "NONE"], "NONE") === "SIZE";
}

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ItemCollectionMetrics.html */
export function itemCollectionMetrics({ name, value, bytes }: ItemCollection) {
  const gigabytes = Math.floor(bytes / GIGABYTE);
  return { ItemCollectionKey: { [name]: value }, SizeEstimateRangeGB: [gigabytes, gigabytes + 1] };
}

/** The metrics of a batch's writes by their table's name, each collection once, as its last write left it. */
export function batchItemCollectionMetrics(
  writes: readonly { readonly tableName: string; readonly collection?: ItemCollection | undefined }[],
) {
  const tables = new Map<string, Map<string, ReturnType<typeof itemCollectionMetrics>>>();
  for (const { tableName, collection } of writes) {
    if (collection === undefined) continue;
    const metrics = tables.get(tableName) ?? new Map();
    tables.set(tableName, metrics.set(JSON.stringify(collection.value), itemCollectionMetrics(collection)));
  }
  const found = [...tables].map(([name, metrics]) => [name, [...metrics.values()]] as const);
  return found.length === 0 ? {} : { ItemCollectionMetrics: Object.fromEntries(found) };
}
