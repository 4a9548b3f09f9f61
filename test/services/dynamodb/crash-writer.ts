/** Writes items into the directory given until it is killed; prints each write after it was acknowledged. */
import { acknowledge } from "../../../testkit/acknowledge.ts";
import { openTestDynamoDb } from "../../../testkit/dynamodb.ts";

const [, , directory, run] = process.argv;
const dynamodb = await openTestDynamoDb(directory);
const TableName = "crash";
const WRITERS = 16;

if (!(await dynamodb.call("ListTables", {})).TableNames.includes(TableName)) {
  await dynamodb.call("CreateTable", {
    TableName,
    BillingMode: "PAY_PER_REQUEST",
    AttributeDefinitions: [
      { AttributeName: "pk", AttributeType: "S" },
      { AttributeName: "g", AttributeType: "S" },
    ],
    KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }],
    GlobalSecondaryIndexes: [
      {
        IndexName: "by-g",
        KeySchema: [{ AttributeName: "g", KeyType: "HASH" }],
        Projection: { ProjectionType: "KEYS_ONLY" },
      },
    ],
  });
}

async function write(writer: number): Promise<never> {
  for (let count = 1; ; count++) {
    const pk = `${run}/${writer}/${count}`;
    await dynamodb.call("PutItem", {
      TableName,
      Item: { pk: { S: pk }, g: { S: "g" }, fill: { S: "x".repeat(200) } },
    });
    acknowledge(`put ${pk}`);
    const { Attributes } = await dynamodb.call("UpdateItem", {
      TableName,
      Key: { pk: { S: `counter/${writer}` } },
      UpdateExpression: "ADD n :one",
      ExpressionAttributeValues: { ":one": { N: "1" } },
      ReturnValues: "ALL_NEW",
    });
    acknowledge(`count ${writer} ${Attributes.n.N}`);
  }
}

await Promise.all(Array.from({ length: WRITERS }, (_, writer) => write(writer)));
