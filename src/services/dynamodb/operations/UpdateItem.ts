import type { RequestContext } from "../../../wire/index.ts";
import type { Update } from "../expressions/ast.ts";
import { readAttributeUpdates } from "../expressions/legacy.ts";
import { ExpressionReader } from "../expressions/parameters.ts";
import { readUpdate } from "../expressions/update.ts";
import { choice, type Input, member, required } from "../request.ts";
import type { DynamoDb } from "../service.ts";
import { readItem } from "../values/attribute-value.ts";
import { RETURN_VALUES, readWriteCondition, readWriteRequest, writeOutput } from "../write-request.ts";

const NOTHING: Update = { set: [], remove: [], add: [], delete: [] };

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateItem.html */
export async function UpdateItem({ store }: DynamoDb, input: Input, context: RequestContext) {
  const request = readWriteRequest(context, input);
  const returnValues = choice(input, "ReturnValues", RETURN_VALUES, "NONE");
  const key = required(input, "Key", (value) => readItem(value));
  const reader = new ExpressionReader(input, {
    expressions: ["UpdateExpression", "ConditionExpression"],
    legacy: ["AttributeUpdates", "Expected", "ConditionalOperator"],
  });
  const updates = member(input, "AttributeUpdates");
  const update =
    updates === undefined ? reader.read("UpdateExpression", readUpdate) : readAttributeUpdates(updates);
  const condition = readWriteCondition(input, reader);
  reader.finish();
  const result = await store.write("updateItem", {
    table: request.table,
    key,
    update: update ?? NOTHING,
    returnValues,
    itemOnFailure: request.itemOnFailure,
    measured: request.measured,
    ...condition,
  });
  return writeOutput(request, result);
}
