import type { RequestContext } from "../../../wire/index.ts";
import { type Input, inputNamedTable } from "../request.ts";
import type { DynamoDb } from "../service.ts";
import { describeTable } from "../table-description.ts";

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeTable.html */
export async function DescribeTable({ store }: DynamoDb, input: Input, context: RequestContext) {
  const table = inputNamedTable(context, input);
  return { Table: describeTable(await store.read("describeTable", { table })) };
}
