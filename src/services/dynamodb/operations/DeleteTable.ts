import type { RequestContext } from "../../../wire/index.ts";
import { type Input, inputNamedTable } from "../request.ts";
import type { DynamoDb } from "../service.ts";
import { describeTable } from "../table-description.ts";

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DeleteTable.html */
export async function DeleteTable({ store }: DynamoDb, input: Input, context: RequestContext) {
  const table = inputNamedTable(context, input);
  return { TableDescription: describeTable(await store.write("deleteTable", { table }), "DELETING") };
}
