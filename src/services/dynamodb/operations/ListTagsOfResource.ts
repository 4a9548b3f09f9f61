import type { RequestContext } from "../../../wire/index.ts";
import { invalidParameter } from "../errors.ts";
import { type Input, member } from "../request.ts";
import type { DynamoDb } from "../service.ts";
import { taggedTable } from "../tagged-table.ts";

/** All tags of a table fit into one answer. https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ListTagsOfResource.html */
export async function ListTagsOfResource({ store }: DynamoDb, input: Input, context: RequestContext) {
  if (member(input, "NextToken") !== undefined) throw invalidParameter("Invalid NextToken");
  const { definition } = await store.read("describeTable", { table: taggedTable(context, input) });
  return { Tags: definition.tags };
}
