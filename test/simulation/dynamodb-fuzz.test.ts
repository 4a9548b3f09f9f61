import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ServiceError } from "../../src/base/index.ts";
import { readCondition } from "../../src/services/dynamodb/expressions/condition.ts";
import { Placeholders } from "../../src/services/dynamodb/expressions/placeholders.ts";
import { readProjection } from "../../src/services/dynamodb/expressions/projection.ts";
import { readUpdate } from "../../src/services/dynamodb/expressions/update.ts";
import { openTestDynamoDb, type TestDynamoDb } from "../../testkit/dynamodb.ts";
import { type SeededRandomness, seededRandomness, seedOfRun } from "../../testkit/seeded-randomness.ts";

const seed = seedOfRun();
const why = `LAMBKIN_SEED=${seed}`;
let dynamodb: TestDynamoDb;

before(async () => {
  dynamodb = await openTestDynamoDb();
  await dynamodb.call("CreateTable", {
    TableName: "fuzzed",
    BillingMode: "PAY_PER_REQUEST",
    AttributeDefinitions: [
      { AttributeName: "pk", AttributeType: "S" },
      { AttributeName: "sk", AttributeType: "N" },
    ],
    KeySchema: [
      { AttributeName: "pk", KeyType: "HASH" },
      { AttributeName: "sk", KeyType: "RANGE" },
    ],
  });
});
after(() => dynamodb.close());

const TOKENS =
  "a b #a #b :n :s :l :none #none pk sk size( contains( begins_with( attribute_exists( attribute_type( if_not_exists( list_append( foo( ( ) ( ) [ ] [0] [99] . , , = <> < <= > >= + - SET REMOVE ADD DELETE AND OR NOT BETWEEN IN name 0 17 _ $ ' \" \\ \u0000 é 😀".split(
    " ",
  );

function randomExpression(random: SeededRandomness): string {
  return Array.from({ length: 1 + random.below(14) }, () => random.pick(TOKENS)).join(
    random.chance(0.9) ? " " : "",
  );
}

test("no expression does anything but succeed or be refused", () => {
  const random = seededRandomness(seed);
  const names = { "#a": "a", "#b": "__proto__" };
  const values = { ":n": { N: "1" }, ":s": { S: "x" }, ":l": { L: [] } };
  const readers = [
    (source: string) => readCondition("FilterExpression", source, new Placeholders(names, values)),
    (source: string) => readUpdate(source, new Placeholders(names, values)),
    (source: string) => readProjection(source, new Placeholders(names, values)),
  ];
  let accepted = 0;
  for (let round = 0; round < 30_000; round++) {
    const source = randomExpression(random);
    try {
      random.pick(readers)(source);
      accepted++;
    } catch (error) {
      if (error instanceof ServiceError && error.code === "ValidationException") continue;
      throw new Error(`${JSON.stringify(source)}, ${why}`, { cause: error });
    }
  }
  assert.ok(accepted > 30, `only ${accepted} were accepted, ${why}`);
});

const STRINGS = [
  "",
  "x",
  "1",
  "-1e5",
  "1E126",
  "AQ==",
  "pk",
  "fuzzed",
  "__proto__",
  "\ud800",
  "😀".repeat(50),
];
const NAMES = [
  ..."S N B BOOL NULL SS NS BS L M".split(" "),
  ..."pk sk a __proto__ constructor Keys PutRequest DeleteRequest Item Key AttributeName".split(" "),
  ...":n #a IndexName ComparisonOperator AttributeValueList Value Action Exists".split(" "),
];
const MEMBERS =
  "TableName Item Key Keys RequestItems UpdateExpression ConditionExpression FilterExpression KeyConditionExpression ProjectionExpression ExpressionAttributeNames ExpressionAttributeValues Expected AttributeUpdates KeyConditions ScanFilter QueryFilter AttributesToGet ConditionalOperator ReturnValues Limit ExclusiveStartKey Segment TotalSegments Select IndexName ConsistentRead ScanIndexForward KeySchema AttributeDefinitions BillingMode GlobalSecondaryIndexes LocalSecondaryIndexes GlobalSecondaryIndexUpdates ProvisionedThroughput ResourceArn Tags TagKeys StreamSpecification".split(
    " ",
  );

function randomJson(random: SeededRandomness, depth: number): unknown {
  switch (random.below(depth > 4 ? 5 : 8)) {
    case 0:
      return random.pick(STRINGS);
    case 1:
      return random.pick([0, -1, 1.5, 1e300, 2 ** 53]);
    case 2:
      return random.chance(0.5);
    case 3:
      return null;
    case 4:
      return randomExpression(random);
    case 5:
      return Array.from({ length: random.below(4) }, () => randomJson(random, depth + 1));
    default:
      return randomObject(random, NAMES, depth);
  }
}

function randomObject(random: SeededRandomness, names: readonly string[], depth: number): object {
  const entries = Array.from({ length: random.below(4) }, () => [
    random.pick(names),
    randomJson(random, depth + 1),
  ]);
  return Object.fromEntries(entries) as object;
}

/** Right requests, so that some of what is random gets past the first checks. */
const REQUESTS: Readonly<Record<string, object>> = {
  PutItem: { Item: { pk: { S: "a" }, sk: { N: "1" } } },
  GetItem: { Key: { pk: { S: "a" }, sk: { N: "1" } } },
  DeleteItem: { Key: { pk: { S: "a" }, sk: { N: "1" } } },
  UpdateItem: { Key: { pk: { S: "a" }, sk: { N: "1" } }, UpdateExpression: "SET a = sk" },
  Query: {
    KeyConditionExpression: "pk = :n",
    ExpressionAttributeValues: { ":n": { S: "a" } },
  },
  Scan: {},
  BatchGetItem: { RequestItems: { fuzzed: { Keys: [{ pk: { S: "a" }, sk: { N: "1" } }] } } },
  BatchWriteItem: {
    RequestItems: { fuzzed: [{ DeleteRequest: { Key: { pk: { S: "a" }, sk: { N: "1" } } } }] },
  },
  CreateTable: {
    TableName: "other",
    BillingMode: "PAY_PER_REQUEST",
    AttributeDefinitions: [{ AttributeName: "pk", AttributeType: "S" }],
    KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }],
  },
  DescribeTable: {},
  UpdateTable: {},
  ListTables: {},
  TagResource: {},
  UntagResource: {},
  ListTagsOfResource: {},
  DescribeTimeToLive: {},
};

/** Changes some members of a right request, at the top or anywhere below. */
function mutate(random: SeededRandomness, value: unknown, depth = 0): unknown {
  if (random.chance(depth === 0 ? 0 : 0.15)) return randomJson(random, depth);
  if (Array.isArray(value)) return value.map((member) => mutate(random, member, depth + 1));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([name, member]) => [name, mutate(random, member, depth + 1)]);
  if (depth > 0 && random.chance(0.15)) entries.push([random.pick(NAMES), randomJson(random, depth + 1)]);
  return Object.fromEntries(entries);
}

test("no request does anything but succeed or be refused", async () => {
  const random = seededRandomness(seed);
  let accepted = 0;
  for (let round = 0; round < 6_000; round++) {
    const operation = random.pick(Object.keys(REQUESTS));
    const input = {
      TableName: "fuzzed",
      ...(mutate(random, REQUESTS[operation]) as object),
      ...(random.chance(0.6) ? randomObject(random, MEMBERS, 0) : {}),
    };
    try {
      await dynamodb.call(operation, input);
      accepted++;
    } catch (error) {
      if (error instanceof ServiceError && error.status < 500) continue;
      throw new Error(`${operation} ${JSON.stringify(input)}, ${why}`, { cause: error });
    }
  }
  assert.ok(accepted > 300, `only ${accepted} were accepted, ${why}`);
  const item = { pk: { S: "still" }, sk: { N: "1" } };
  await dynamodb.call("PutItem", { TableName: "fuzzed", Item: item });
  assert.deepEqual((await dynamodb.call("GetItem", { TableName: "fuzzed", Key: item })).Item, item);
});
