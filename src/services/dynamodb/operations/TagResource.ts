import type { RequestContext } from "../../../wire/index.ts";
import { type Input, required } from "../request.ts";
import type { DynamoDb } from "../service.ts";
import { readTags } from "../table-definition.ts";
import { taggedTable } from "../tagged-table.ts";

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TagResource.html */
export async function TagResource({ store, randomness }: DynamoDb, input: Input, context: RequestContext) {
  const table = taggedTable(context, input);
  const add = required(input, "Tags", readTags);
  await store.write("changeTags", { table, revision: randomness.uuid(), add, remove: [] });
  return {};
}
