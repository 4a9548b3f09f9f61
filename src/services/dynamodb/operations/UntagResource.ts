import type { RequestContext } from "../../../wire/index.ts";
import { type Input, required } from "../request.ts";
import type { DynamoDb } from "../service.ts";
import { taggedTable } from "../tagged-table.ts";
import { requireList, requireString } from "../values/attribute-value.ts";

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UntagResource.html */
export async function UntagResource({ store, randomness }: DynamoDb, input: Input, context: RequestContext) {
  const table = taggedTable(context, input);
  const remove = required(input, "TagKeys", requireList).map(requireString);
  await store.write("changeTags", { table, revision: randomness.uuid(), add: [], remove });
  return {};
}
