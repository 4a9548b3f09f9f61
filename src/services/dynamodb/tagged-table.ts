import type { RequestContext } from "../../wire/index.ts";
import { fail, invalidParameter } from "./errors.ts";
import type { TableRef } from "./model.ts";
import { type Input, required, tableArn, tableRef } from "./request.ts";
import { requireString } from "./values/attribute-value.ts";

/** The table that ResourceArn names. */
export function taggedTable(context: RequestContext, input: Input): TableRef {
  const arn = required(input, "ResourceArn", requireString);
  if (!/^arn:[\w-]+:dynamodb:[^:]*:\d{12}:table\/[^/]+$/.test(arn)) {
    throw invalidParameter(`Invalid TableArn: Invalid ResourceArn provided as input ${arn}`);
  }
  const table = tableRef(context, arn);
  if (tableArn(table) !== arn) {
    throw fail("ResourceNotFoundException", {
      with: `Requested resource not found: ResourcArn: ${arn} not found`,
    });
  }
  return table;
}
