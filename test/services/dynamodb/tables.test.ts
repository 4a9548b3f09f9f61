import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { openTestDynamoDb, type TestDynamoDb } from "../../../testkit/dynamodb.ts";
import { eventually } from "../../../testkit/eventually.ts";

let dynamodb: TestDynamoDb;
before(async () => {
  dynamodb = await openTestDynamoDb();
});
after(() => dynamodb.close());

const attribute = (AttributeName: string, AttributeType = "S") => ({ AttributeName, AttributeType });
const key = (hash: string, range?: string) => [
  { AttributeName: hash, KeyType: "HASH" },
  ...(range === undefined ? [] : [{ AttributeName: range, KeyType: "RANGE" }]),
];
const simple = (TableName: string) => ({
  TableName,
  BillingMode: "PAY_PER_REQUEST",
  AttributeDefinitions: [attribute("pk")],
  KeySchema: key("pk"),
});
const describeTable = async (TableName: string) =>
  (await dynamodb.call("DescribeTable", { TableName })).Table;
const refused = (promise: Promise<unknown>, message: string | RegExp) =>
  assert.rejects(promise, { code: "ValidationException", message });

describe("a table", () => {
  test("is created, active at the next look, and deleted", async () => {
    const { TableDescription: created } = await dynamodb.call("CreateTable", simple("cycle"));
    assert.equal(created.TableStatus, "CREATING");
    assert.equal(created.TableArn, "arn:aws:dynamodb:us-east-1:000000000000:table/cycle");
    assert.match(created.TableId, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    assert.deepEqual(created.BillingModeSummary.BillingMode, "PAY_PER_REQUEST");
    const table = await describeTable("cycle");
    assert.equal(table.TableStatus, "ACTIVE");
    assert.equal(table.TableId, created.TableId);
    assert.equal((await describeTable(created.TableArn)).TableName, "cycle");
    await assert.rejects(dynamodb.call("CreateTable", simple("cycle")), {
      code: "ResourceInUseException",
      message: "Table already exists: cycle",
    });
    const { TableDescription: deleted } = await dynamodb.call("DeleteTable", { TableName: "cycle" });
    assert.equal(deleted.TableStatus, "DELETING");
    for (const operation of ["DescribeTable", "DeleteTable", "DescribeTimeToLive"]) {
      await assert.rejects(dynamodb.call(operation, { TableName: "cycle" }), {
        code: "ResourceNotFoundException",
        message: "Requested resource not found: Table: cycle not found",
      });
    }
  });

  test("counts its items and their bytes", async () => {
    await dynamodb.call("CreateTable", simple("counted"));
    const put = (pk: string, v: string) =>
      dynamodb.call("PutItem", { TableName: "counted", Item: { pk: { S: pk }, v: { S: v } } });
    await put("a", "12345");
    await put("b", "1");
    await put("a", "123");
    await dynamodb.call("DeleteItem", { TableName: "counted", Key: { pk: { S: "b" } } });
    const table = await describeTable("counted");
    assert.deepEqual([table.ItemCount, table.TableSizeBytes], [1, 2 + 1 + 1 + 3]);
  });

  test("that comes again under its name is empty", async () => {
    await dynamodb.call("CreateTable", simple("again"));
    for (let batch = 0; batch < 20; batch++) {
      const again = Array.from({ length: 25 }, (_, at) => ({
        PutRequest: { Item: { pk: { S: `${batch}/${at}` } } },
      }));
      await dynamodb.call("BatchWriteItem", { RequestItems: { again } });
    }
    await dynamodb.call("DeleteTable", { TableName: "again" });
    await dynamodb.call("CreateTable", simple("again"));
    assert.equal((await dynamodb.call("Scan", { TableName: "again" })).Count, 0);
    assert.equal((await describeTable("again")).ItemCount, 0);
  });

  test("belongs to one account and region", async () => {
    await dynamodb.call("CreateTable", simple("owned"));
    for (const caller of [{ account: "111122223333" }, { region: "eu-west-1" }]) {
      await assert.rejects(dynamodb.call("DescribeTable", { TableName: "owned" }, caller), {
        code: "ResourceNotFoundException",
      });
      assert.deepEqual((await dynamodb.call("ListTables", {}, caller)).TableNames, []);
      await assert.rejects(
        dynamodb.call(
          "DescribeTable",
          { TableName: "arn:aws:dynamodb:us-east-1:000000000000:table/owned" },
          caller,
        ),
        { code: "AccessDeniedException" },
      );
    }
  });

  test("is protected against deletion until that is taken back", async () => {
    await dynamodb.call("CreateTable", { ...simple("guarded"), DeletionProtectionEnabled: true });
    await refused(dynamodb.call("DeleteTable", { TableName: "guarded" }), /^Resource cannot be deleted/);
    await dynamodb.call("UpdateTable", { TableName: "guarded", DeletionProtectionEnabled: false });
    await dynamodb.call("DeleteTable", { TableName: "guarded" });
  });

  test("changes its throughput and how it is billed", async () => {
    const units = (read: number, write: number) => ({
      ProvisionedThroughput: { ReadCapacityUnits: read, WriteCapacityUnits: write },
    });
    const { BillingMode: _, ...provisioned } = simple("billed");
    await dynamodb.call("CreateTable", { ...provisioned, ...units(5, 6) });
    assert.equal((await describeTable("billed")).BillingModeSummary, undefined);
    const { TableDescription } = await dynamodb.call("UpdateTable", { TableName: "billed", ...units(7, 6) });
    assert.equal(TableDescription.TableStatus, "UPDATING");
    const table = await describeTable("billed");
    assert.equal(table.ProvisionedThroughput.ReadCapacityUnits, 7);
    assert.ok(table.ProvisionedThroughput.LastIncreaseDateTime > 0);
    await refused(
      dynamodb.call("UpdateTable", { TableName: "billed", ...units(7, 6) }),
      /^The provisioned throughput for the table will not change\./,
    );
    await dynamodb.call("UpdateTable", { TableName: "billed", BillingMode: "PAY_PER_REQUEST" });
    assert.equal((await describeTable("billed")).BillingModeSummary.BillingMode, "PAY_PER_REQUEST");
    await refused(dynamodb.call("UpdateTable", { TableName: "billed" }), /^One or more .* At least one of/);
  });

  test("carries tags", async () => {
    await dynamodb.call("CreateTable", { ...simple("tagged"), Tags: [{ Key: "a", Value: "1" }] });
    const ResourceArn = "arn:aws:dynamodb:us-east-1:000000000000:table/tagged";
    await dynamodb.call("TagResource", {
      ResourceArn,
      Tags: [
        { Key: "b", Value: "2" },
        { Key: "a", Value: "3" },
      ],
    });
    await dynamodb.call("UntagResource", { ResourceArn, TagKeys: ["b", "nope"] });
    assert.deepEqual(await dynamodb.call("ListTagsOfResource", { ResourceArn }), {
      Tags: [{ Key: "a", Value: "3" }],
    });
    await assert.rejects(dynamodb.call("ListTagsOfResource", { ResourceArn: `${ResourceArn}x` }), {
      code: "ResourceNotFoundException",
    });
    await refused(dynamodb.call("ListTagsOfResource", { ResourceArn: "tagged" }), /Invalid TableArn/);
  });

  test("has no time to live yet", async () => {
    await dynamodb.call("CreateTable", simple("living"));
    assert.deepEqual(await dynamodb.call("DescribeTimeToLive", { TableName: "living" }), {
      TimeToLiveDescription: { TimeToLiveStatus: "DISABLED" },
    });
  });
});

test("tables are listed in pages", async () => {
  const caller = { account: "222233334444" };
  const names = ["a.b", "Zeta", "alpha", "b-1", "b_1"];
  for (const name of names) await dynamodb.call("CreateTable", simple(name), caller);
  const expected = ["Zeta", "a.b", "alpha", "b-1", "b_1"];
  assert.deepEqual(await dynamodb.call("ListTables", {}, caller), { TableNames: expected });
  const first = await dynamodb.call("ListTables", { Limit: 2 }, caller);
  assert.deepEqual(first, { TableNames: expected.slice(0, 2), LastEvaluatedTableName: "a.b" });
  const rest = await dynamodb.call("ListTables", { Limit: 3, ExclusiveStartTableName: "a.b" }, caller);
  assert.deepEqual(rest, { TableNames: expected.slice(2) });
  await refused(dynamodb.call("ListTables", { Limit: 101 }, caller), /less than or equal to 100$/);
});

async function untilActive(server: TestDynamoDb, TableName: string): Promise<any> {
  return await eventually(
    async () => {
      const { Table } = await server.call("DescribeTable", { TableName });
      return Table.TableStatus === "ACTIVE" && Table.GlobalSecondaryIndexes[0].IndexStatus === "ACTIVE"
        ? Table
        : undefined;
    },
    { what: `the index of ${TableName} is active` },
  );
}

describe("an index that is added", () => {
  const TableName = "grown";
  const query = (g: string) =>
    dynamodb.call("Query", {
      TableName,
      IndexName: "by-g",
      KeyConditionExpression: "g = :g",
      ExpressionAttributeValues: { ":g": { S: g } },
    });

  test("is filled with the items that are there, and can be removed", async () => {
    await dynamodb.call("CreateTable", simple(TableName));
    for (let batch = 0; batch < 20; batch++) {
      const requests = Array.from({ length: 25 }, (_, at) => ({
        PutRequest: { Item: { pk: { S: `${batch}/${at}` }, g: at === 0 ? { N: "1" } : { S: `g${at % 3}` } } },
      }));
      await dynamodb.call("BatchWriteItem", { RequestItems: { [TableName]: requests } });
    }
    const { TableDescription } = await dynamodb.call("UpdateTable", {
      TableName,
      AttributeDefinitions: [attribute("g")],
      GlobalSecondaryIndexUpdates: [
        { Create: { IndexName: "by-g", KeySchema: key("g"), Projection: { ProjectionType: "ALL" } } },
      ],
    });
    assert.deepEqual(TableDescription.GlobalSecondaryIndexes[0].IndexStatus, "CREATING");
    await dynamodb.call("PutItem", { TableName, Item: { pk: { S: "late" }, g: { S: "g1" } } });
    await untilActive(dynamodb, TableName);
    assert.equal((await query("g1")).Count, 20 * 8 + 1);
    assert.equal((await query("g0")).Count, 20 * 8);
    assert.equal((await describeTable(TableName)).GlobalSecondaryIndexes[0].ItemCount, 20 * 24 + 1);
    await dynamodb.call("UpdateTable", {
      TableName,
      GlobalSecondaryIndexUpdates: [{ Delete: { IndexName: "by-g" } }],
    });
    const table = await describeTable(TableName);
    assert.equal(table.GlobalSecondaryIndexes, undefined);
    assert.deepEqual(table.AttributeDefinitions, [attribute("pk")]);
    await refused(query("g1"), "The table does not have the specified index: by-g");
  });
});

test("what was left to do in the background is done after a restart", async () => {
  const directory = await mkdtemp(path.join(tmpdir(), "lambkin-dynamodb-"));
  try {
    const first = await openTestDynamoDb(directory);
    await first.call("CreateTable", simple("restarted"));
    for (let batch = 0; batch < 30; batch++) {
      const restarted = Array.from({ length: 25 }, (_, at) => ({
        PutRequest: { Item: { pk: { S: `${batch}/${at}` }, g: { S: "g" } } },
      }));
      await first.call("BatchWriteItem", { RequestItems: { restarted } });
    }
    await first.call("UpdateTable", {
      TableName: "restarted",
      AttributeDefinitions: [attribute("g")],
      GlobalSecondaryIndexUpdates: [
        { Create: { IndexName: "by-g", KeySchema: key("g"), Projection: { ProjectionType: "KEYS_ONLY" } } },
      ],
    });
    await first.close();
    const second = await openTestDynamoDb(directory);
    try {
      const table = await untilActive(second, "restarted");
      assert.equal(table.GlobalSecondaryIndexes[0].ItemCount, 750);
    } finally {
      await second.close();
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});

describe("a definition that is wrong", () => {
  const one = "One or more parameter values were invalid: ";
  const wrong = async (change: object, message: string | RegExp) =>
    refused(dynamodb.call("CreateTable", { ...simple("wrong"), ...change }), message);

  test("is refused in DynamoDB's words", async () => {
    await wrong(
      { TableName: undefined },
      "The parameter 'TableName' is required but was not present in the request",
    );
    await wrong(
      { TableName: "ab" },
      /^1 validation error detected: Value 'ab' at 'tableName' .* equal to 3$/,
    );
    await wrong({ TableName: "a".repeat(256) }, /less than or equal to 255$/);
    await wrong({ TableName: "../../etc" }, /regular expression pattern/);
    await wrong(
      { BillingMode: "PROVISIONED" },
      `${one}ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED`,
    );
    await wrong(
      { ProvisionedThroughput: { ReadCapacityUnits: 1, WriteCapacityUnits: 1 } },
      `${one}Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST`,
    );
    await wrong(
      { KeySchema: key("x") },
      `${one}Some index key attributes are not defined in AttributeDefinitions. Keys: [x], AttributeDefinitions: [pk]`,
    );
    await wrong(
      { KeySchema: key("pk", "x") },
      "Invalid KeySchema: Some index key attribute have no definition",
    );
    await wrong(
      { KeySchema: key("pk", "pk") },
      "Invalid KeySchema: Some index key attribute have no definition",
    );
    await wrong(
      { KeySchema: [{ AttributeName: "pk", KeyType: "RANGE" }] },
      "Invalid KeySchema: The first KeySchemaElement is not a HASH key type",
    );
    await wrong(
      { AttributeDefinitions: [attribute("pk"), attribute("more")] },
      `${one}Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions`,
    );
    await wrong(
      { AttributeDefinitions: [attribute("pk", "BOOL")] },
      /Member must satisfy enum value set: \[B, N, S\]$/,
    );
    await wrong(
      { StreamSpecification: { StreamEnabled: true } },
      `${one}StreamSpecification is not supported by this server`,
    );
  });

  test("of an index, too", async () => {
    const global = (...indexes: object[]) => ({
      AttributeDefinitions: [attribute("pk"), attribute("g")],
      GlobalSecondaryIndexes: indexes,
    });
    const index = (change: object = {}) => ({
      IndexName: "idx",
      KeySchema: key("g"),
      Projection: { ProjectionType: "ALL" },
      ...change,
    });
    await wrong(global(), `${one}List of GlobalSecondaryIndexes is empty`);
    await wrong(global(index(), index()), `${one}Duplicate index name: idx`);
    await wrong(global(index({ Projection: {} })), `${one}Unknown ProjectionType: null`);
    await wrong(
      global(index({ Projection: { ProjectionType: "ALL", NonKeyAttributes: ["a"] } })),
      `${one}ProjectionType is ALL, but NonKeyAttributes is specified`,
    );
    await wrong(
      global(...Array.from({ length: 21 }, (_, at) => index({ IndexName: `idx${at}` }))),
      `${one}GlobalSecondaryIndex count exceeds the per-table limit of 20`,
    );
    await wrong(
      {
        AttributeDefinitions: [attribute("pk"), attribute("g")],
        LocalSecondaryIndexes: [index({ KeySchema: key("pk", "g") })],
      },
      `${one}Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex`,
    );
    assert.ok(!(await dynamodb.call("ListTables", {})).TableNames.includes("wrong"));
  });
});
