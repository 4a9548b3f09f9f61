import { dynamodbLimits } from "../../../base/index.ts";
import type { RequestContext } from "../../../wire/index.ts";
import { batchCapacity, capacityMode } from "../capacity.ts";
import { invalid } from "../errors.ts";
import { batchItemCollectionMetrics, wantsItemCollections } from "../item-collection-metrics.ts";
import type { TableRef } from "../model.ts";
import { constraint, type Input, member, required, tableRef } from "../request.ts";
import type { DynamoDb } from "../service.ts";
import type { BatchWriteArgument } from "../store/write-items.ts";
import { readItem, requireList, requireObject } from "../values/attribute-value.ts";
import { checkedSize } from "../write-request.ts";

type WriteRequest = BatchWriteArgument["requests"][number];

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html */
export async function BatchWriteItem({ store }: DynamoDb, input: Input, context: RequestContext) {
  const mode = capacityMode(input);
  const measured = wantsItemCollections(input);
  const tables = Object.entries(required(input, "RequestItems", requireObject));
  if (tables.length === 0) {
    throw constraint("'{}'", "requestItems", "Member must have length greater than or equal to 1");
  }
  const requests = tables.flatMap(([name, list]) => {
    const table = tableRef(context, name);
    const entries = requireList(list);
    if (entries.length === 0) {
      throw constraint(
        `'{${name}=[]}'`,
        "requestItems",
        `Map value must satisfy constraint: [Member must have length less than or equal to ${dynamodbLimits.batchWriteItems}, Member must have length greater than or equal to 1]`,
      );
    }
    return entries.map((entry) => readWrite(table, requireObject(entry)));
  });
  if (requests.length > dynamodbLimits.batchWriteItems) {
    throw invalid("Too many items requested for the BatchWriteItem call");
  }
  const results = await store.write("batchWrite", { requests, measured });
  const writes = results.map(({ units: consumption, collection }, at) => ({
    tableName: (requests[at] as WriteRequest).table.name,
    consumption,
    collection,
  }));
  return { UnprocessedItems: {}, ...batchCapacity(mode, writes), ...batchItemCollectionMetrics(writes) };
}

function readWrite(table: TableRef, entry: Input): WriteRequest {
  const put = member(entry, "PutRequest");
  const remove = member(entry, "DeleteRequest");
  if ((put === undefined) === (remove === undefined)) {
    throw invalid(
      "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes",
    );
  }
  if (put === undefined) {
    const key = required(requireObject(remove), "Key", (value) => readItem(value));
    return { kind: "delete", table, key };
  }
  const item = required(requireObject(put), "Item", (value) => readItem(value));
  return { kind: "put", table, item: JSON.stringify(item), size: checkedSize(item) };
}
