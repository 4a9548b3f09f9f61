/** What tables keep of settings that have no effect here, as the official client is shown it. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import {
  type CreateTableCommandInput,
  DynamoDB,
  type TableDescription,
  type UpdateTableCommandInput,
} from "@aws-sdk/client-dynamodb";
import { type DynamoDbDoor, openDynamoDbDoor } from "../../../testkit/dynamodb-door.ts";
import { unheededSettings } from "../../../testkit/unheeded-settings.ts";

const { log, take } = unheededSettings();
let door: DynamoDbDoor;
let client: DynamoDB;
before(async () => {
  door = await openDynamoDbDoor(log);
  client = new DynamoDB({
    endpoint: door.endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
    maxAttempts: 1,
  });
});
after(async () => {
  client.destroy();
  await door.close();
});

const KEY = "arn:aws:kms:us-east-1:000000000000:key/1234abcd-12ab-34cd-56ef-1234567890ab";
const ON_DEMAND = { BillingMode: "PAY_PER_REQUEST" } as const;
const PROVISIONED = { ProvisionedThroughput: { ReadCapacityUnits: 5, WriteCapacityUnits: 5 } };
const index = (more: object = {}) => ({
  IndexName: "by-other",
  KeySchema: [{ AttributeName: "other", KeyType: "HASH" as const }],
  Projection: { ProjectionType: "ALL" as const },
  ...more,
});
let named = 0;

async function create(settings: Partial<CreateTableCommandInput>, indexed?: object): Promise<string> {
  const TableName = `settings-${++named}`;
  await client.createTable({
    TableName,
    AttributeDefinitions: [
      { AttributeName: "id", AttributeType: "S" },
      ...(indexed === undefined ? [] : [{ AttributeName: "other", AttributeType: "S" as const }]),
    ],
    KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
    ...(indexed === undefined ? {} : { GlobalSecondaryIndexes: [index(indexed)] }),
    ...settings,
  });
  return TableName;
}
const update = (TableName: string, changes: Partial<UpdateTableCommandInput>) =>
  client.updateTable({ TableName, ...changes });
async function shown(TableName: string): Promise<TableDescription> {
  const { Table } = await client.describeTable({ TableName });
  assert.ok(Table);
  return Table;
}
const refused = (call: Promise<unknown>, message: string | RegExp) =>
  assert.rejects(call, {
    name: "ValidationException",
    message: typeof message === "string" ? `One or more parameter values were invalid: ${message}` : message,
  });

describe("SSESpecification", () => {
  test("with a key is shown by the key's ARN, however the key was named", async () => {
    const SSESpecification = { Enabled: true, SSEType: "KMS", KMSMasterKeyId: KEY } as const;
    const name = await create({ ...ON_DEMAND, SSESpecification });
    const described = { Status: "ENABLED", SSEType: "KMS", KMSMasterKeyArn: KEY };
    assert.deepEqual((await shown(name)).SSEDescription, described);
    const byId = await create({
      ...ON_DEMAND,
      SSESpecification: { ...SSESpecification, KMSMasterKeyId: KEY.slice(KEY.indexOf("/") + 1) },
    });
    assert.deepEqual((await shown(byId)).SSEDescription, described);
    const aliases = ["alias/mine", "arn:aws:kms:us-east-1:000000000000:alias/mine"];
    const keys = await Promise.all(
      aliases.map(async (KMSMasterKeyId) => {
        const table = await create({
          ...ON_DEMAND,
          SSESpecification: { ...SSESpecification, KMSMasterKeyId },
        });
        return (await shown(table)).SSEDescription?.KMSMasterKeyArn;
      }),
    );
    assert.match(keys[0] ?? "", /^arn:aws:kms:us-east-1:000000000000:key\/[\da-f-]{36}$/);
    assert.equal(keys[0], keys[1]);
  });

  test("is changed, taken away and said in the log", async () => {
    const name = await create(ON_DEMAND);
    assert.equal((await shown(name)).SSEDescription, undefined);
    take();
    await update(name, { SSESpecification: { Enabled: true } });
    assert.deepEqual(take(), [
      { table: `arn:aws:dynamodb:us-east-1:000000000000:table/${name}`, settings: ["SSESpecification"] },
    ]);
    const managed = (await shown(name)).SSEDescription;
    assert.equal(managed?.Status, "ENABLED");
    assert.match(managed?.KMSMasterKeyArn ?? "", /:key\//);
    await refused(
      update(name, { SSESpecification: { Enabled: true } }),
      "Table is already encrypted with given KMSMasterKeyId. Use KMSMasterKeyId parameter if you want to change Master Key",
    );
    await update(name, { SSESpecification: { Enabled: true, SSEType: "KMS", KMSMasterKeyId: KEY } });
    assert.equal((await shown(name)).SSEDescription?.KMSMasterKeyArn, KEY);
    take();
    await update(name, { SSESpecification: { Enabled: false } });
    assert.equal((await shown(name)).SSEDescription, undefined);
    assert.deepEqual(take(), []);
    await refused(
      update(name, { SSESpecification: { Enabled: false } }),
      "Table is already encrypted by default",
    );
  });

  test("is refused where AWS refuses it", async () => {
    const encrypted = (SSESpecification: CreateTableCommandInput["SSESpecification"]) =>
      create({ ...ON_DEMAND, SSESpecification });
    await refused(encrypted({ Enabled: true, SSEType: "AES256" }), "SSEType AES256 is not supported");
    await refused(
      encrypted({ Enabled: true, KMSMasterKeyId: KEY }),
      "SSEType KMS is required if KMSMasterKeyId is specified",
    );
    await refused(encrypted({ SSEType: "KMS" }), "SSEType can not be specified if Enabled is false");
    await refused(
      encrypted({ Enabled: false, KMSMasterKeyId: KEY }),
      "KMSMasterKeyId can not be specified if Enabled is false",
    );
    for (const KMSMasterKeyId of [KEY.replace("us-east-1", "eu-west-1"), "arn:aws:s3:::bucket", "a b"]) {
      await refused(
        encrypted({ Enabled: true, SSEType: "KMS", KMSMasterKeyId }),
        /^KMS validation error: .*NotFoundException/,
      );
    }
  });
});

describe("WarmThroughput", () => {
  const warm = (read: number, write: number, Status = "ACTIVE") => ({
    ReadUnitsPerSecond: read,
    WriteUnitsPerSecond: write,
    Status,
  });

  test("is what the billing mode starts with, or what was asked for", async () => {
    assert.deepEqual((await shown(await create(ON_DEMAND))).WarmThroughput, warm(12_000, 4_000));
    assert.deepEqual((await shown(await create(PROVISIONED))).WarmThroughput, warm(5, 5));
    take();
    const name = await create(
      { ...ON_DEMAND, WarmThroughput: { ReadUnitsPerSecond: 13_000, WriteUnitsPerSecond: 5_000 } },
      { WarmThroughput: { WriteUnitsPerSecond: 6_000 } },
    );
    assert.deepEqual(take()[0]?.["settings"], ["WarmThroughput"]);
    const table = await shown(name);
    assert.deepEqual(table.WarmThroughput, warm(13_000, 5_000));
    assert.deepEqual(table.GlobalSecondaryIndexes?.[0]?.WarmThroughput, warm(12_000, 6_000));
  });

  test("grows, and never shrinks", async () => {
    const name = await create(ON_DEMAND, {});
    await update(name, { WarmThroughput: { ReadUnitsPerSecond: 12_001 } });
    await update(name, {
      GlobalSecondaryIndexUpdates: [
        { Update: { IndexName: "by-other", WarmThroughput: { ReadUnitsPerSecond: 15_000 } } },
      ],
    });
    const table = await shown(name);
    assert.deepEqual(table.WarmThroughput, warm(12_001, 4_000));
    assert.deepEqual(table.GlobalSecondaryIndexes?.[0]?.WarmThroughput, warm(15_000, 4_000));
    await refused(
      update(name, { WarmThroughput: { ReadUnitsPerSecond: 12_000 } }),
      "Requested ReadUnitsPerSecond for WarmThroughput for table is lower than current WarmThroughput, decreasing WarmThroughput is not supported",
    );
    await refused(
      update(name, {
        GlobalSecondaryIndexUpdates: [
          { Update: { IndexName: "by-other", WarmThroughput: { WriteUnitsPerSecond: 1 } } },
        ],
      }),
      "Requested WriteUnitsPerSecond for WarmThroughput for index by-other is lower than current WarmThroughput, decreasing WarmThroughput is not supported",
    );
    await refused(
      create({ ...ON_DEMAND, WarmThroughput: { ReadUnitsPerSecond: 1 } }),
      /lower than initial throughput for OnDemand\. See: https:/,
    );
    await refused(
      create({ ...PROVISIONED, WarmThroughput: { WriteUnitsPerSecond: 4 } }),
      "Requested WriteUnitsPerSecond for WarmThroughput for table is lower than WriteCapacityUnits of ProvisionedThroughput",
    );
  });

  test("is the most that was ever provisioned, also in another billing mode", async () => {
    const name = await create(PROVISIONED);
    await update(name, { ProvisionedThroughput: { ReadCapacityUnits: 9, WriteCapacityUnits: 1 } });
    assert.deepEqual((await shown(name)).WarmThroughput, warm(9, 5));
    await update(name, ON_DEMAND);
    assert.deepEqual((await shown(name)).WarmThroughput, warm(12_000, 4_000));
    await update(name, { BillingMode: "PROVISIONED", ...PROVISIONED });
    assert.deepEqual((await shown(name)).WarmThroughput, warm(12_000, 4_000));
  });
});

describe("OnDemandThroughput", () => {
  test("of tables and indexes is kept member by member, and taken away by -1", async () => {
    take();
    const name = await create(
      { ...ON_DEMAND, OnDemandThroughput: { MaxReadRequestUnits: 10, MaxWriteRequestUnits: 20 } },
      { OnDemandThroughput: { MaxReadRequestUnits: 7 } },
    );
    assert.deepEqual(take()[0]?.["settings"], ["OnDemandThroughput"]);
    await update(name, { OnDemandThroughput: { MaxReadRequestUnits: 11 } });
    const table = await shown(name);
    assert.deepEqual(table.OnDemandThroughput, { MaxReadRequestUnits: 11, MaxWriteRequestUnits: 20 });
    assert.deepEqual(table.GlobalSecondaryIndexes?.[0]?.OnDemandThroughput, { MaxReadRequestUnits: 7 });
    await update(name, {
      OnDemandThroughput: { MaxReadRequestUnits: -1, MaxWriteRequestUnits: -1 },
      GlobalSecondaryIndexUpdates: [
        { Update: { IndexName: "by-other", OnDemandThroughput: { MaxWriteRequestUnits: 8 } } },
      ],
    });
    const changed = await shown(name);
    assert.equal(changed.OnDemandThroughput, undefined);
    assert.deepEqual(changed.GlobalSecondaryIndexes?.[0]?.OnDemandThroughput, {
      MaxReadRequestUnits: 7,
      MaxWriteRequestUnits: 8,
    });
  });

  test("is refused out of range, and where throughput is provisioned", async () => {
    await refused(
      create({ ...ON_DEMAND, OnDemandThroughput: { MaxWriteRequestUnits: -1 } }),
      "Requested MaxWriteRequestUnits for OnDemandThroughput for table is outside of valid range",
    );
    await refused(
      create({ ...PROVISIONED, OnDemandThroughput: { MaxReadRequestUnits: 1 } }),
      "MaxReadRequestUnits for OnDemandThroughput cannot be specified when table BillingMode is PROVISIONED.",
    );
  });
});

test("what provisioned tables and the infrequent access class stand for is said in the log", async () => {
  take();
  const name = await create({ ...PROVISIONED, TableClass: "STANDARD_INFREQUENT_ACCESS" });
  assert.deepEqual(take()[0]?.["settings"], ["ProvisionedThroughput", "TableClass"]);
  assert.equal((await shown(name)).TableClassSummary?.TableClass, "STANDARD_INFREQUENT_ACCESS");
  await update(name, { TableClass: "STANDARD" });
  await create({ ...ON_DEMAND, SSESpecification: {}, DeletionProtectionEnabled: false });
  assert.deepEqual(take(), []);
});

test("what tables here don't have is refused by its name", async () => {
  const stream = { StreamEnabled: true, StreamViewType: "NEW_IMAGE" } as const;
  await refused(
    create({ ...ON_DEMAND, StreamSpecification: stream }),
    /StreamSpecification is not supported/,
  );
  const GlobalTableSettingsReplicationMode = "ENABLED";
  await refused(
    create({ ...ON_DEMAND, GlobalTableSettingsReplicationMode }),
    /GlobalTableSettingsReplicationMode is not supported/,
  );
  await refused(create({ ...ON_DEMAND, ResourcePolicy: "{}" }), /ResourcePolicy is not supported/);
  const name = await create({ ...ON_DEMAND, StreamSpecification: { StreamEnabled: false } });
  await refused(
    update(name, { StreamSpecification: { StreamEnabled: false } }),
    new RegExp(`^Table has no stream to disable: TableName: ${name}$`),
  );
  const { TableArn: ResourceArn } = await shown(name);
  await refused(client.listTagsOfResource({ ResourceArn, NextToken: "x" }), "Invalid NextToken");
});

test("item collections are measured for tables with local indexes", async () => {
  const TableName = "collections";
  await client.createTable({
    TableName,
    ...ON_DEMAND,
    AttributeDefinitions: ["id", "sort", "other"].map((AttributeName) => ({
      AttributeName,
      AttributeType: "S" as const,
    })),
    KeySchema: [
      { AttributeName: "id", KeyType: "HASH" },
      { AttributeName: "sort", KeyType: "RANGE" },
    ],
    LocalSecondaryIndexes: [
      {
        IndexName: "by-other",
        KeySchema: [
          { AttributeName: "id", KeyType: "HASH" },
          { AttributeName: "other", KeyType: "RANGE" },
        ],
        Projection: { ProjectionType: "ALL" },
      },
    ],
  });
  const item = (sort: string) => ({ id: { S: "a" }, sort: { S: sort }, other: { S: "o" } });
  const Key = { id: { S: "a" }, sort: { S: "1" } };
  const metrics = { ItemCollectionKey: { id: { S: "a" } }, SizeEstimateRangeGB: [0, 1] };
  const ReturnItemCollectionMetrics = "SIZE";
  const put = await client.putItem({ TableName, Item: item("1"), ReturnItemCollectionMetrics });
  assert.deepEqual(put.ItemCollectionMetrics, metrics);
  const updated = await client.updateItem({ TableName, Key, ReturnItemCollectionMetrics });
  assert.deepEqual(updated.ItemCollectionMetrics, metrics);
  const batch = await client.batchWriteItem({
    RequestItems: { [TableName]: ["2", "3"].map((sort) => ({ PutRequest: { Item: item(sort) } })) },
    ReturnItemCollectionMetrics,
  });
  assert.deepEqual(batch.ItemCollectionMetrics, { [TableName]: [metrics] });
  const removed = await client.deleteItem({ TableName, Key, ReturnItemCollectionMetrics });
  assert.deepEqual(removed.ItemCollectionMetrics, metrics);
  assert.equal((await client.putItem({ TableName, Item: item("1") })).ItemCollectionMetrics, undefined);
  const plain = await create(ON_DEMAND);
  const other = await client.putItem({
    TableName: plain,
    Item: { id: { S: "a" } },
    ReturnItemCollectionMetrics,
  });
  assert.equal(other.ItemCollectionMetrics, undefined);
});
