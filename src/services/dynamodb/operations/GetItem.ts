import type { RequestContext } from "../../../wire/index.ts";
import { capacityMode, consumedCapacity, readUnits } from "../capacity.ts";
import { ExpressionReader } from "../expressions/parameters.ts";
import type { Item } from "../model.ts";
import { readProjectionOf } from "../read-request.ts";
import { flag, type Input, inputTable, required } from "../request.ts";
import type { DynamoDb } from "../service.ts";
import { readItem } from "../values/attribute-value.ts";

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_GetItem.html */
export async function GetItem({ store }: DynamoDb, input: Input, context: RequestContext) {
  const table = inputTable(context, input);
  const mode = capacityMode(input);
  const consistent = flag(input, "ConsistentRead");
  const key = required(input, "Key", (value) => readItem(value));
  const reader = new ExpressionReader(input, {
    expressions: ["ProjectionExpression"],
    legacy: ["AttributesToGet"],
  });
  const projection = readProjectionOf(input, reader);
  reader.finish();
  const { item, size } = await store.read("getItem", { table, key, ...projection });
  return {
    ...(item === undefined ? {} : { Item: JSON.parse(item) as Item }),
    ...consumedCapacity(mode, table.name, { table: readUnits(size, consistent), indexes: [] }),
  };
}
