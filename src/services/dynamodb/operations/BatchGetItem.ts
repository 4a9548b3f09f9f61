import { dynamodbLimits } from "../../../base/index.ts";
import type { RequestContext } from "../../../wire/index.ts";
import { batchCapacity, capacityMode, readUnits } from "../capacity.ts";
import { invalid } from "../errors.ts";
import { ExpressionReader } from "../expressions/parameters.ts";
import type { Item } from "../model.ts";
import { readProjectionOf } from "../read-request.ts";
import { constraint, flag, type Input, member, required, tableRef } from "../request.ts";
import type { DynamoDb } from "../service.ts";
import type { GetArgument } from "../store/read-items.ts";
import { readItem, requireList, requireObject } from "../values/attribute-value.ts";

interface TableRequest {
  /** As the caller named the table. */
  readonly name: string;
  readonly consistent: boolean;
  readonly requests: readonly GetArgument[];
}

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html */
export async function BatchGetItem({ store }: DynamoDb, input: Input, context: RequestContext) {
  const mode = capacityMode(input);
  const items = required(input, "RequestItems", requireObject);
  const tables = Object.entries(items).map(([name, request]) =>
    readTable(context, name, requireObject(request)),
  );
  const requests = tables.flatMap((table) => table.requests);
  if (tables.length === 0) {
    throw constraint("'{}'", "requestItems", "Member must have length greater than or equal to 1");
  }
  if (requests.length > dynamodbLimits.batchGetItems) {
    throw invalid("Too many items requested for the BatchGetItem call");
  }
  const results = await store.read("getItems", { requests });
  let at = 0;
  const responses: [string, Item[]][] = [];
  const unprocessed: [string, Input][] = [];
  const consumed: Parameters<typeof batchCapacity>[1][number][] = [];
  for (const table of tables) {
    const found: Item[] = [];
    const left: Item[] = [];
    for (const { key } of table.requests) {
      const result = results[at++];
      // What does not fit into one answer is left to the caller to ask for again.
      if (result === undefined) {
        left.push(key);
        continue;
      }
      const { item, size } = result;
      if (item !== undefined) found.push(JSON.parse(item) as Item);
      consumed.push({
        tableName: table.requests[0]?.table.name ?? table.name,
        consumption: { table: readUnits(size, table.consistent), indexes: [] },
      });
    }
    responses.push([table.name, found]);
    if (left.length > 0) unprocessed.push([table.name, { ...requireObject(items[table.name]), Keys: left }]);
  }
  return {
    Responses: Object.fromEntries(responses),
    UnprocessedKeys: Object.fromEntries(unprocessed),
    ...batchCapacity(mode, consumed),
  };
}

function readTable(context: RequestContext, name: string, input: Input): TableRequest {
  const table = tableRef(context, name);
  const keys = required(input, "Keys", requireList).map((key) => readItem(key));
  if (keys.length === 0) {
    throw constraint(
      "'[]'",
      `requestItems.${name}.member.keys`,
      "Member must have length greater than or equal to 1",
    );
  }
  const reader = new ExpressionReader(
    { ...input, ExpressionAttributeValues: undefined },
    { expressions: ["ProjectionExpression"], legacy: ["AttributesToGet"] },
  );
  const projection = readProjectionOf(input, reader);
  reader.finish();
  const seen = new Set<string>();
  for (const key of keys) {
    const identity = JSON.stringify(Object.entries(key).sort(([left], [right]) => (left < right ? -1 : 1)));
    if (seen.has(identity)) throw invalid("Provided list of item keys contains duplicates");
    seen.add(identity);
  }
  return {
    name,
    consistent: member(input, "ConsistentRead") !== undefined && flag(input, "ConsistentRead"),
    requests: keys.map((key) => ({ table, key, ...projection })),
  };
}
