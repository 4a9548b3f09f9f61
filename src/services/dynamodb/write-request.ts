import { dynamodbLimits } from "../../base/index.ts";
import type { RequestContext } from "../../wire/index.ts";
import { type CapacityMode, capacityMode, consumedCapacity } from "./capacity.ts";
import { invalid } from "./errors.ts";
import type { Condition } from "./expressions/ast.ts";
import { readCondition } from "./expressions/condition.ts";
import { readExpected } from "./expressions/legacy.ts";
import type { ExpressionReader } from "./expressions/parameters.ts";
import { itemCollectionMetrics, wantsItemCollections } from "./item-collection-metrics.ts";
import { type Item, type TableRef } from "./model.ts";
import { choice, type Input, inputTable, member } from "./request.ts";
import type { WriteResult } from "./store/write-items.ts";
import { itemSize } from "./values/size.ts";

/** What PutItem, UpdateItem and DeleteItem read alike. */
export interface WriteRequest {
  readonly table: TableRef;
  readonly capacity: CapacityMode;
  readonly itemOnFailure: boolean;
  readonly measured: boolean;
}

export function readWriteRequest(context: RequestContext, input: Input): WriteRequest {
  const table = inputTable(context, input);
  const capacity = capacityMode(input);
  const measured = wantsItemCollections(input);
  const onFailure = choice(input, "ReturnValuesOnConditionCheckFailure", ["ALL_OLD", "NONE"], "NONE");
  return { table, capacity, itemOnFailure: onFailure === "ALL_OLD", measured };
}

export const RETURN_VALUES = ["ALL_NEW", "UPDATED_OLD", "ALL_OLD", "NONE", "UPDATED_NEW"] as const;

/** PutItem and DeleteItem know only some of the values. */
export function returnsOld(input: Input): boolean {
  const value = choice(input, "ReturnValues", RETURN_VALUES, "NONE");
  if (value !== "ALL_OLD" && value !== "NONE") throw invalid("ReturnValues can only be ALL_OLD or NONE");
  return value === "ALL_OLD";
}

/** The condition of a write, from its expression or from Expected. */
export function readWriteCondition(
  input: Input,
  reader: ExpressionReader,
): { readonly condition?: Condition } {
  const expected = member(input, "Expected");
  const condition =
    expected === undefined
      ? reader.read("ConditionExpression", (source, placeholders) =>
          readCondition("ConditionExpression", source, placeholders),
        )
      : readExpected(expected, member(input, "ConditionalOperator"));
  return condition === undefined ? {} : { condition };
}

/** The size of an item that is to be stored; refuses one that is too large. */
export function checkedSize(item: Item): number {
  const size = itemSize(item);
  if (size > dynamodbLimits.itemBytes) throw invalid("Item size has exceeded the maximum allowed size");
  return size;
}

export function writeOutput(request: WriteRequest, { attributes, units, collection }: WriteResult) {
  return {
    ...(attributes === undefined ? {} : { Attributes: JSON.parse(attributes) as Item }),
    ...consumedCapacity(request.capacity, request.table.name, units),
    ...(collection === undefined ? {} : { ItemCollectionMetrics: itemCollectionMetrics(collection) }),
  };
}
