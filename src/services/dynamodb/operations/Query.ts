import type { RequestContext } from "../../../wire/index.ts";
import { invalid } from "../errors.ts";
import type { Condition, KeyConditions } from "../expressions/ast.ts";
import { readCondition } from "../expressions/condition.ts";
import { readKeyConditions } from "../expressions/key-condition.ts";
import { readLegacyFilter, readLegacyKeyConditions } from "../expressions/legacy.ts";
import { ExpressionReader } from "../expressions/parameters.ts";
import { pageOutput, readPageRequest, readProjectionOf, readSelect } from "../read-request.ts";
import { type Input, member, optional } from "../request.ts";
import type { DynamoDb } from "../service.ts";
import { requireBoolean } from "../values/attribute-value.ts";

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Query.html */
export async function Query({ store }: DynamoDb, input: Input, context: RequestContext) {
  const read = readPageRequest(context, input);
  const select = readSelect(input, "Querying");
  const oldKeys = member(input, "KeyConditions");
  const newKeys = member(input, "KeyConditionExpression");
  const reader = new ExpressionReader(input, {
    expressions: ["ProjectionExpression", "FilterExpression", "KeyConditionExpression"],
    // KeyConditions may go together with the other expressions.
    legacy: [
      "AttributesToGet",
      "QueryFilter",
      "ConditionalOperator",
      ...(newKeys === undefined ? [] : ["KeyConditions"]),
    ],
  });
  if (oldKeys === undefined && newKeys === undefined) {
    throw invalid(
      "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.",
    );
  }
  const conditions =
    oldKeys === undefined
      ? reader.read("KeyConditionExpression", readKeyConditions)
      : readLegacyKeyConditions(oldKeys);
  const filter = readFilter(input, reader);
  const projection = readProjectionOf(input, reader);
  reader.finish();
  const page = await store.read("query", {
    ...read.request,
    ...projection,
    ...(filter === undefined ? {} : { filter }),
    select,
    conditions: conditions as KeyConditions,
    filterName: member(input, "QueryFilter") === undefined ? "Filter Expression" : "QueryFilter",
    forward: optional(input, "ScanIndexForward", requireBoolean) ?? true,
  });
  return pageOutput(read, page);
}

function readFilter(input: Input, reader: ExpressionReader): Condition | undefined {
  const old = member(input, "QueryFilter");
  if (old !== undefined) return readLegacyFilter(old, member(input, "ConditionalOperator"));
  return reader.read("FilterExpression", (source, placeholders) =>
    readCondition("FilterExpression", source, placeholders),
  );
}
