import type { RequestContext } from "../../wire/index.ts";
import { type CapacityMode, capacityMode, consumedCapacity, pageConsumption } from "./capacity.ts";
import { invalid } from "./errors.ts";
import type { Projection } from "./expressions/ast.ts";
import { readAttributesToGet } from "./expressions/legacy.ts";
import type { ExpressionReader } from "./expressions/parameters.ts";
import { readProjection } from "./expressions/projection.ts";
import type { Item, TableRef } from "./model.ts";
import {
  checkName,
  choice,
  flag,
  type Input,
  inputTable,
  member,
  optional,
  positiveInteger,
} from "./request.ts";
import type { Page } from "./store/pages.ts";
import { readItem, requireString } from "./values/attribute-value.ts";

/** What Query and Scan read alike. */
export interface PageRequest {
  readonly table: TableRef;
  readonly index?: string;
  readonly consistentRead: boolean;
  readonly limit?: number;
  readonly startKey?: Item;
}

export interface ReadPage {
  readonly request: PageRequest;
  readonly capacity: CapacityMode;
}

export function readPageRequest(context: RequestContext, input: Input): ReadPage {
  const table = inputTable(context, input);
  const index = optional(input, "IndexName", requireString);
  const limit = positiveInteger(input, "Limit");
  const startKey = optional(input, "ExclusiveStartKey", (value) => readItem(value));
  return {
    capacity: capacityMode(input),
    request: {
      table,
      consistentRead: flag(input, "ConsistentRead"),
      ...(index === undefined ? {} : { index: checkName(index, "indexName") }),
      ...(limit === undefined ? {} : { limit }),
      ...(startKey === undefined ? {} : { startKey }),
    },
  };
}

/** The projection of a read, from its expression or from AttributesToGet. */
export function readProjectionOf(
  input: Input,
  reader: ExpressionReader,
): { readonly projection?: Projection } {
  const names = member(input, "AttributesToGet");
  const projection =
    names === undefined ? reader.read("ProjectionExpression", readProjection) : readAttributesToGet(names);
  return projection === undefined ? {} : { projection };
}

const SELECT = ["ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES", "SPECIFIC_ATTRIBUTES", "COUNT"] as const;

/** What to return; checked against the other parameters that say so. */
export function readSelect(input: Input, operation: "Querying" | "Scanning"): (typeof SELECT)[number] {
  const hasIndex = member(input, "IndexName") !== undefined;
  const parameter =
    member(input, "ProjectionExpression") !== undefined
      ? "ProjectionExpression"
      : member(input, "AttributesToGet") !== undefined
        ? "AttributesToGet"
        : undefined;
  const otherwise =
    parameter !== undefined
      ? "SPECIFIC_ATTRIBUTES"
      : hasIndex
        ? "ALL_PROJECTED_ATTRIBUTES"
        : "ALL_ATTRIBUTES";
  const select = choice(input, "Select", SELECT, otherwise);
  if (parameter !== undefined && select !== "SPECIFIC_ATTRIBUTES") {
    throw invalid(
      select === "COUNT"
        ? `Cannot specify the ${parameter} when choosing to get only the Count`
        : `Cannot specify the ${parameter} when choosing to get ${select}`,
    );
  }
  if (parameter === undefined && select === "SPECIFIC_ATTRIBUTES") {
    throw invalid(
      "Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES",
    );
  }
  if (select === "ALL_PROJECTED_ATTRIBUTES" && !hasIndex) {
    throw invalid(`ALL_PROJECTED_ATTRIBUTES can be used only when ${operation} using an IndexName`);
  }
  return select;
}

export function pageOutput({ request, capacity }: ReadPage, page: Page) {
  return {
    ...(page.items === undefined ? {} : { Items: JSON.parse(page.items) as Item[] }),
    Count: page.count,
    ScannedCount: page.scannedCount,
    ...(page.lastKey === undefined ? {} : { LastEvaluatedKey: JSON.parse(page.lastKey) as Item }),
    ...consumedCapacity(
      capacity,
      request.table.name,
      pageConsumption(page, request.index, request.consistentRead),
    ),
  };
}
