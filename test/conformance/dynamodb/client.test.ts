import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  ConditionalCheckFailedException,
  CreateTableCommand,
  DeleteItemCommand,
  DeleteTableCommand,
  DescribeEndpointsCommand,
  DescribeTableCommand,
  type DynamoDBClient,
  DynamoDBServiceException,
  GetItemCommand,
  ListTablesCommand,
  PutItemCommand,
  paginateListTables,
  paginateQuery,
  ResourceNotFoundException,
  ScanCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
  waitUntilTableExists,
  waitUntilTableNotExists,
} from "@aws-sdk/client-dynamodb";
import { type DynamoDbDoor, openDynamoDbDoor } from "../../../testkit/dynamodb-door.ts";

let door: DynamoDbDoor;
let client: DynamoDBClient;
const TableName = "contract";

before(async () => {
  door = await openDynamoDbDoor();
  client = door.client();
  await client.send(
    new CreateTableCommand({
      TableName,
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: [
        { AttributeName: "pk", AttributeType: "S" },
        { AttributeName: "sk", AttributeType: "B" },
      ],
      KeySchema: [
        { AttributeName: "pk", KeyType: "HASH" },
        { AttributeName: "sk", KeyType: "RANGE" },
      ],
    }),
  );
  await waitUntilTableExists({ client, maxWaitTime: 60, minDelay: 1, maxDelay: 1 }, { TableName });
});
after(() => door.close());

const sk = (...bytes: number[]) => ({ B: Uint8Array.from(bytes) });

describe("the SDK's client", () => {
  test("reads a table's description with dates", async () => {
    const { Table } = await client.send(new DescribeTableCommand({ TableName }));
    assert.equal(Table?.TableStatus, "ACTIVE");
    assert.ok(Table.CreationDateTime instanceof Date);
    assert.ok(Math.abs(Table.CreationDateTime.getTime() - Date.now()) < 60_000);
    assert.equal(Table.TableArn, `arn:aws:dynamodb:us-east-1:000000000000:table/${TableName}`);
  });

  test("writes and reads every type", async () => {
    const Item = {
      pk: { S: "types" },
      sk: sk(0, 255),
      n: { N: "1.5" },
      bs: { BS: [Uint8Array.of(1), Uint8Array.of(2, 3)] },
      m: { M: { l: { L: [{ BOOL: false }, { NULL: true as const }, { SS: ["a"] }, { NS: ["1", "2"] }] } } },
    };
    await client.send(new PutItemCommand({ TableName, Item }));
    const answer = await client.send(new GetItemCommand({ TableName, Key: { pk: Item.pk, sk: Item.sk } }));
    assert.deepEqual(answer.Item, Item);
  });

  test("gets its errors as classes, with their members", async () => {
    const Item = { pk: { S: "guard" }, sk: sk(1) };
    await client.send(new PutItemCommand({ TableName, Item }));
    const guarded = new PutItemCommand({
      TableName,
      Item,
      ConditionExpression: "attribute_not_exists(pk)",
      ReturnValuesOnConditionCheckFailure: "ALL_OLD",
    });
    await assert.rejects(client.send(guarded), (error) => {
      assert.ok(error instanceof ConditionalCheckFailedException);
      assert.equal(error.message, "The conditional request failed");
      assert.equal(error.$metadata.httpStatusCode, 400);
      assert.deepEqual(error.Item, Item);
      return true;
    });
    await assert.rejects(
      client.send(new GetItemCommand({ TableName: "absent", Key: { pk: { S: "x" } } })),
      (error) => {
        assert.ok(error instanceof ResourceNotFoundException);
        assert.equal(error.message, "Requested resource not found");
        return true;
      },
    );
    const invalid = new UpdateItemCommand({ TableName, Key: Item, UpdateExpression: "SET a" });
    await assert.rejects(client.send(invalid), (error) => {
      assert.ok(error instanceof DynamoDBServiceException);
      assert.equal(error.name, "ValidationException");
      assert.equal(error.message, 'Invalid UpdateExpression: Syntax error; token: "<EOF>", near: "a"');
      return true;
    });
  });

  test("pages through a partition", async () => {
    const items = Array.from({ length: 60 }, (_, at) => ({ pk: { S: "pages" }, sk: sk(at) }));
    for (let at = 0; at < items.length; at += 25) {
      const requests = items.slice(at, at + 25).map((Item) => ({ PutRequest: { Item } }));
      const { UnprocessedItems } = await client.send(
        new BatchWriteItemCommand({ RequestItems: { [TableName]: requests } }),
      );
      assert.deepEqual(UnprocessedItems, {});
    }
    const found: unknown[] = [];
    const pages = paginateQuery(
      { client, pageSize: 7 },
      {
        TableName,
        KeyConditionExpression: "pk = :pk AND sk > :sk",
        ExpressionAttributeValues: { ":pk": { S: "pages" }, ":sk": sk(9) },
        ScanIndexForward: false,
      },
    );
    for await (const page of pages) found.push(...(page.Items ?? []));
    assert.deepEqual(found, items.slice(10).toReversed());
    const read = await client.send(
      new BatchGetItemCommand({ RequestItems: { [TableName]: { Keys: items.slice(0, 3) } } }),
    );
    assert.deepEqual(read.Responses?.[TableName], items.slice(0, 3));
    assert.deepEqual(read.UnprocessedKeys, {});
  });

  test("updates, deletes and scans", async () => {
    const Key = { pk: { S: "update" }, sk: sk(7) };
    const updated = await client.send(
      new UpdateItemCommand({
        TableName,
        Key,
        UpdateExpression: "SET #s = :s ADD #c :one",
        ExpressionAttributeNames: { "#s": "status", "#c": "count" },
        ExpressionAttributeValues: { ":s": { S: "new" }, ":one": { N: "1" } },
        ReturnValues: "ALL_NEW",
        ReturnConsumedCapacity: "TOTAL",
      }),
    );
    assert.deepEqual(updated.Attributes, { ...Key, status: { S: "new" }, count: { N: "1" } });
    assert.equal(updated.ConsumedCapacity?.CapacityUnits, 1);
    const scanned = await client.send(
      new ScanCommand({
        TableName,
        FilterExpression: "#s = :s",
        ExpressionAttributeNames: { "#s": "status" },
        ExpressionAttributeValues: { ":s": { S: "new" } },
        ConsistentRead: true,
      }),
    );
    assert.equal(scanned.Count, 1);
    const deleted = await client.send(new DeleteItemCommand({ TableName, Key, ReturnValues: "ALL_OLD" }));
    assert.deepEqual(deleted.Attributes, updated.Attributes);
  });

  test("sees only the tables of its account and region", async () => {
    const other = door.client({ credentials: { accessKeyId: "111122223333", secretAccessKey: "test" } });
    assert.deepEqual((await other.send(new ListTablesCommand({}))).TableNames, []);
    const elsewhere = door.client({ region: "eu-west-1" });
    assert.deepEqual((await elsewhere.send(new ListTablesCommand({}))).TableNames, []);
    const names: string[] = [];
    for await (const page of paginateListTables({ client }, {})) names.push(...(page.TableNames ?? []));
    assert.deepEqual(names, [TableName]);
  });

  test("finds endpoints, and learns what is not there", async () => {
    const { Endpoints } = await client.send(new DescribeEndpointsCommand({}));
    assert.equal(`http://${Endpoints?.[0]?.Address}`, door.endpoint);
    const transaction = new TransactWriteItemsCommand({
      TransactItems: [{ Delete: { TableName, Key: { pk: { S: "x" }, sk: sk(1) } } }],
    });
    await assert.rejects(client.send(transaction), (error) => {
      assert.ok(error instanceof DynamoDBServiceException);
      assert.equal(error.$metadata.httpStatusCode, 501);
      assert.match(error.message, /TransactWriteItems/);
      return true;
    });
  });

  test("waits until a table is gone", async () => {
    await client.send(
      new CreateTableCommand({
        TableName: "short-lived",
        BillingMode: "PAY_PER_REQUEST",
        AttributeDefinitions: [{ AttributeName: "pk", AttributeType: "S" }],
        KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }],
      }),
    );
    await client.send(new DeleteTableCommand({ TableName: "short-lived" }));
    await waitUntilTableNotExists(
      { client, maxWaitTime: 60, minDelay: 1, maxDelay: 1 },
      { TableName: "short-lived" },
    );
  });
});

describe("a raw request", () => {
  const post = async (operation: string, body: string) => {
    const response = await fetch(door.endpoint, {
      method: "POST",
      headers: {
        "content-type": "application/x-amz-json-1.0",
        "x-amz-target": `DynamoDB_20120810.${operation}`,
        authorization:
          "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=00",
      },
      body,
    });
    return { status: response.status, headers: response.headers, body: JSON.parse(await response.text()) };
  };
  const key = '"pk":{"S":"raw"},"sk":{"B":"AQ=="}';

  test("keeps names that JavaScript objects have of themselves", async () => {
    const item = `{${key},"__proto__":{"M":{"__proto__":{"S":"x"}}},"constructor":{"N":"1"}}`;
    assert.equal((await post("PutItem", `{"TableName":"${TableName}","Item":${item}}`)).status, 200);
    const { body } = await post("GetItem", `{"TableName":"${TableName}","Key":{${key}}}`);
    assert.equal(JSON.stringify(body.Item["__proto__"]), '{"M":{"__proto__":{"S":"x"}}}');
    assert.deepEqual(body.Item["constructor"], { N: "1" });
  });

  test("that is malformed gets an error, and the next one an answer", async () => {
    const nested = (depth: number) => `${'{"M":{"a":'.repeat(depth)}{"S":"x"}${"}}".repeat(depth)}`;
    for (const [body, type] of [
      ["{", "com.amazon.coral.service#SerializationException"],
      [
        `{"TableName":"${TableName}","Item":{${key},"a":{"S":5}}}`,
        "com.amazon.coral.service#SerializationException",
      ],
      [`{"TableName":"${TableName}","Item":[]}`, "com.amazon.coral.service#SerializationException"],
      [
        `{"TableName":"${TableName}","Item":{${key},"a":${nested(40)}}}`,
        "com.amazon.coral.validate#ValidationException",
      ],
      [
        `{"TableName":"${TableName}","Item":{${key},"a":{"N":"${"9".repeat(200_000)}"}}}`,
        "com.amazon.coral.validate#ValidationException",
      ],
      [
        `{"TableName":"${TableName}","Item":{${key},"a":{"S":"x","N":"1"}}}`,
        "com.amazon.coral.validate#ValidationException",
      ],
    ] as const) {
      const answer = await post("PutItem", body);
      assert.equal(answer.status, 400, body.slice(0, 80));
      assert.equal(answer.body.__type, type, body.slice(0, 80));
    }
    const bomb = await post("PutItem", `{"TableName":"${TableName}","Item":{${key},"a":${nested(200_000)}}}`);
    assert.ok(bomb.status >= 400, `status ${bomb.status}`);
    const { status } = await post("GetItem", `{"TableName":"${TableName}","Key":{${key}}}`);
    assert.equal(status, 200);
  });
});
