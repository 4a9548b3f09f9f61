/** Streams a DynamoDB table as CSV: the first lines are at the reader's before the last ones are read. */
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { DynamoDBClient, paginateScan } from "@aws-sdk/client-dynamodb";
import { csvLine, valueOf } from "./csv.ts";

interface Request {
  readonly table: string;
  readonly columns: readonly string[];
  readonly gzip?: boolean;
}

const dynamodb = new DynamoDBClient();

export const handler = awslambda.streamifyResponse(
  async ({ table, columns, gzip = false }: Request, stream) => {
    if (!Array.isArray(columns) || columns.length === 0)
      throw new TypeError("columns must name at least one");
    const headers = {
      "content-type": "text/csv; charset=utf-8",
      "content-disposition": `attachment; filename="${table}.csv"`,
      ...(gzip ? { "content-encoding": "gzip" } : {}),
    };
    const response = awslambda.HttpResponseStream.from(stream, { statusCode: 200, headers });
    if (gzip) await pipeline(lines(table, columns), createGzip(), response);
    else await pipeline(lines(table, columns), response);
  },
);

async function* lines(table: string, columns: readonly string[]): AsyncGenerator<string> {
  yield csvLine(columns);
  let items = 0;
  for await (const { Items = [] } of paginateScan(
    { client: dynamodb, pageSize: 100 },
    { TableName: table },
  )) {
    items += Items.length;
    if (Items.length > 0)
      yield Items.map((item) => csvLine(columns.map((column) => valueOf(item[column])))).join("");
  }
  console.info("exported", { table, items });
}
