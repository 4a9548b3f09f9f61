import type { RequestContext } from "../../../wire/index.ts";
import { ExpressionReader } from "../expressions/parameters.ts";
import { type Input, required } from "../request.ts";
import type { DynamoDb } from "../service.ts";
import { readItem } from "../values/attribute-value.ts";
import { readWriteCondition, readWriteRequest, returnsOld, writeOutput } from "../write-request.ts";

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DeleteItem.html */
export async function DeleteItem({ store }: DynamoDb, input: Input, context: RequestContext) {
  const request = readWriteRequest(context, input);
  const returnOld = returnsOld(input);
  const key = required(input, "Key", (value) => readItem(value));
  const reader = new ExpressionReader(input, {
    expressions: ["ConditionExpression"],
    legacy: ["Expected", "ConditionalOperator"],
  });
  const condition = readWriteCondition(input, reader);
  reader.finish();
  const result = await store.write("deleteItem", {
    table: request.table,
    key,
    returnOld,
    itemOnFailure: request.itemOnFailure,
    measured: request.measured,
    ...condition,
  });
  return writeOutput(request, result);
}
