import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { openTestDynamoDb, type TestDynamoDb } from "../../../testkit/dynamodb.ts";

let dynamodb: TestDynamoDb;
const TableName = "queries";

const attribute = (AttributeName: string, AttributeType: string) => ({ AttributeName, AttributeType });
const key = (hash: string, range?: string) => [
  { AttributeName: hash, KeyType: "HASH" },
  ...(range === undefined ? [] : [{ AttributeName: range, KeyType: "RANGE" }]),
];

before(async () => {
  dynamodb = await openTestDynamoDb();
  await dynamodb.call("CreateTable", {
    TableName,
    BillingMode: "PAY_PER_REQUEST",
    AttributeDefinitions: [
      attribute("pk", "S"),
      attribute("sk", "N"),
      attribute("g", "S"),
      attribute("h", "S"),
      attribute("l", "S"),
    ],
    KeySchema: key("pk", "sk"),
    GlobalSecondaryIndexes: [
      { IndexName: "all", KeySchema: key("g"), Projection: { ProjectionType: "ALL" } },
      { IndexName: "keys", KeySchema: key("g", "h"), Projection: { ProjectionType: "KEYS_ONLY" } },
      {
        IndexName: "some",
        KeySchema: key("h"),
        Projection: { ProjectionType: "INCLUDE", NonKeyAttributes: ["v"] },
      },
    ],
    LocalSecondaryIndexes: [
      { IndexName: "local", KeySchema: key("pk", "l"), Projection: { ProjectionType: "KEYS_ONLY" } },
    ],
  });
  for (const sk of [-100, -1.5, 0, 0.5, 1, 2, 10, 1000]) {
    await put({ pk: { S: "p" }, sk: { N: String(sk) }, v: { N: String(sk) } });
  }
  for (let sk = 0; sk < 6; sk++) {
    await put({
      pk: { S: "indexed" },
      sk: { N: String(sk) },
      v: { S: `v${sk}` },
      more: { S: "m" },
      g: { S: sk % 2 === 0 ? "even" : "odd" },
      ...(sk < 5 ? { h: { S: `h${5 - sk}` } } : {}),
      ...(sk > 0 ? { l: { S: `l${9 - sk}` } } : {}),
    });
  }
});
after(() => dynamodb.close());

const call = (operation: string, input: object) => dynamodb.call(operation, { TableName, ...input });
const put = (Item: object) => call("PutItem", { Item });
const refused = (promise: Promise<unknown>, message: string | RegExp) =>
  assert.rejects(promise, { code: "ValidationException", message });

/** Queries with `p`, `a` and `b` for values where the condition uses them. */
function query(KeyConditionExpression: string, values: Record<string, object>, more: object = {}) {
  return call("Query", {
    KeyConditionExpression,
    ExpressionAttributeValues: Object.fromEntries(
      Object.entries(values).map(([name, value]) => [`:${name}`, value]),
    ),
    ...more,
  });
}

const ascending = (numbers: readonly number[]): number[] => numbers.toSorted((left, right) => left - right);
const sorts = (answer: any): number[] => answer.Items.map((item: any) => Number(item.sk.N));
const p = { S: "p" };
const base64 = (bytes: readonly number[]): string => Buffer.from(bytes).toString("base64");

describe("Query", () => {
  test("reads every range of sort keys in both directions", async () => {
    for (const [condition, values, expected] of [
      ["pk = :p", {}, [-100, -1.5, 0, 0.5, 1, 2, 10, 1000]],
      ["pk = :p AND sk = :a", { a: "0.50" }, [0.5]],
      ["pk = :p AND sk = :a", { a: "3" }, []],
      ["pk = :p AND sk < :a", { a: "0.5" }, [-100, -1.5, 0]],
      ["pk = :p AND sk <= :a", { a: "0.5" }, [-100, -1.5, 0, 0.5]],
      ["pk = :p AND sk > :a", { a: "2" }, [10, 1000]],
      ["pk = :p AND sk >= :a", { a: "2" }, [2, 10, 1000]],
      ["pk = :p AND :a < sk", { a: "2" }, [10, 1000]],
      ["sk BETWEEN :a AND :b AND pk = :p", { a: "-1.5", b: "1" }, [-1.5, 0, 0.5, 1]],
      ["pk = :p AND sk BETWEEN :a AND :b", { a: "3", b: "9" }, []],
    ] as const) {
      const given = Object.fromEntries(Object.entries(values).map(([name, N]) => [name, { N }]));
      assert.deepEqual(sorts(await query(condition, { p, ...given })), expected, condition);
      const backward = await query(condition, { p, ...given }, { ScanIndexForward: false });
      assert.deepEqual(sorts(backward), expected.toReversed(), condition);
    }
  });

  test("orders strings by their UTF-8 bytes and binary by its own, and finds prefixes", async () => {
    const utf8 = ["a", "a\u0000", "ab", "b", "é", "\uffff", "😀"];
    const bytes = [[0], [0, 0], [1], [255], [255, 0], [255, 255], [255, 255, 7]];
    for (const [TableName, type, keys, prefixes] of [
      ["strings", "S", utf8, ["a", "ab", "é", "\uffff", "😀", "x"]],
      ["binary", "B", bytes.map(base64), [[0], [255], [255, 255], [2]].map(base64)],
    ] as const) {
      await dynamodb.call("CreateTable", {
        TableName,
        BillingMode: "PAY_PER_REQUEST",
        AttributeDefinitions: [attribute("pk", "S"), attribute("sk", type)],
        KeySchema: key("pk", "sk"),
      });
      for (const sk of keys.toReversed()) {
        await dynamodb.call("PutItem", { TableName, Item: { pk: p, sk: { [type]: sk } } });
      }
      const find = async (condition: string, values: Record<string, object>) =>
        (await query(condition, { p, ...values }, { TableName })).Items.map((item: any) => item.sk[type]);
      assert.deepEqual(await find("pk = :p", {}), keys);
      for (const prefix of prefixes) {
        const start = Buffer.from(prefix, type === "S" ? "utf8" : "base64");
        const expected = keys.filter((sk) =>
          Buffer.from(sk, type === "S" ? "utf8" : "base64")
            .subarray(0, start.length)
            .equals(start),
        );
        assert.deepEqual(await find("pk = :p AND begins_with(sk, :a)", { a: { [type]: prefix } }), expected);
      }
      for (const [at, sk] of keys.entries()) {
        assert.deepEqual(await find("pk = :p AND sk > :a", { a: { [type]: sk } }), keys.slice(at + 1));
        assert.deepEqual(await find("pk = :p AND sk <= :a", { a: { [type]: sk } }), keys.slice(0, at + 1));
      }
    }
  });

  test("goes on where a page ended, in both directions", async () => {
    for (const ScanIndexForward of [true, false]) {
      for (const Limit of [1, 3, 8]) {
        const found: number[] = [];
        let ExclusiveStartKey: object | undefined;
        let pages = 0;
        do {
          const page: any = await query(
            "pk = :p AND sk >= :a",
            { p, a: { N: "-1.5" } },
            {
              ScanIndexForward,
              Limit,
              ...(ExclusiveStartKey === undefined ? {} : { ExclusiveStartKey }),
            },
          );
          assert.ok(page.Count <= Limit);
          found.push(...sorts(page));
          ExclusiveStartKey = page.LastEvaluatedKey;
          pages++;
        } while (ExclusiveStartKey !== undefined);
        const expected = [-1.5, 0, 0.5, 1, 2, 10, 1000];
        assert.deepEqual(found, ScanIndexForward ? expected : expected.toReversed());
        assert.equal(pages, Math.floor(7 / Limit) + 1);
      }
    }
  });

  test("filters after it has counted", async () => {
    const answer = await query("pk = :p", { p, two: { N: "2" } }, { FilterExpression: "v < :two", Limit: 6 });
    assert.deepEqual(sorts(answer), [-100, -1.5, 0, 0.5, 1]);
    assert.equal(answer.Count, 5);
    assert.equal(answer.ScannedCount, 6);
    assert.deepEqual(answer.LastEvaluatedKey, { pk: p, sk: { N: "2" } });
    const count = await query(
      "pk = :p",
      { p, two: { N: "2" } },
      { FilterExpression: "v < :two", Select: "COUNT" },
    );
    assert.deepEqual(count, { Count: 5, ScannedCount: 8 });
  });

  test("projects", async () => {
    const answer = await query(
      "pk = :p AND sk = :a",
      { p, a: { N: "1" } },
      { ProjectionExpression: "v, nope" },
    );
    assert.deepEqual(answer.Items, [{ v: { N: "1" } }]);
  });

  test("answers at most a megabyte at a time", async () => {
    for (let sk = 0; sk < 20; sk++) {
      await put({ pk: { S: "large" }, sk: { N: String(sk) }, v: { S: "x".repeat(60_000) } });
    }
    const large = { p: { S: "large" } };
    const first = await query("pk = :p", large);
    assert.equal(first.Count, 17);
    const second = await query("pk = :p", large, { ExclusiveStartKey: first.LastEvaluatedKey });
    assert.equal(second.Count, 3);
    assert.equal(second.LastEvaluatedKey, undefined);
    const count = await query("pk = :p", large, { Select: "COUNT", ReturnConsumedCapacity: "TOTAL" });
    assert.equal(count.Count, 17);
    assert.equal(count.ConsumedCapacity.CapacityUnits, Math.ceil((17 * 60_013) / 4_096) / 2);
  });

  test("refuses conditions that are no key's", async () => {
    const one = "One or more parameter values were invalid: ";
    for (const [condition, values, message] of [
      ["sk = :a", { a: { N: "1" } }, "Query condition missed key schema element: pk"],
      ["v = :a", { a: { N: "1" } }, "Query condition missed key schema element: pk"],
      ["pk = :p AND v = :a", { p, a: { N: "1" } }, "Query condition missed key schema element: sk"],
      ["pk > :p", { p }, "Query key condition not supported"],
      ["pk = :a", { a: { N: "1" } }, `${one}Condition parameter type does not match schema type`],
      ["pk = :p AND sk = :p", { p }, `${one}Condition parameter type does not match schema type`],
      ["pk = :p AND begins_with(sk, :p)", { p }, `${one}Condition parameter type does not match schema type`],
    ] as const) {
      await refused(query(condition, values), message);
    }
    await refused(
      query("pk = :p", { p, a: { N: "1" } }, { FilterExpression: "sk = :a" }),
      "Filter Expression can only contain non-primary key attributes: Primary key attribute: sk",
    );
    await refused(
      call("Query", {}),
      "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.",
    );
    await refused(
      query("pk = :p", { p }, { IndexName: "nope" }),
      "The table does not have the specified index: nope",
    );
    await refused(
      query("pk = :p", { p }, { Limit: 0 }),
      /Member must have value greater than or equal to 1$/,
    );
  });

  test("refuses start keys from elsewhere", async () => {
    const start = (
      ExclusiveStartKey: object,
      condition = "pk = :p",
      values: Record<string, object> = { p },
    ) => query(condition, values, { ExclusiveStartKey });
    await refused(start({ pk: p }), "The provided starting key is invalid");
    await refused(start({ pk: p, sk: { S: "1" } }), /^The provided starting key is invalid: /);
    await refused(
      start({ pk: { S: "q" }, sk: { N: "1" } }),
      "The provided starting key is outside query boundaries based on provided conditions",
    );
    await refused(
      start({ pk: p, sk: { N: "1" } }, "pk = :p AND sk > :a", { p, a: { N: "5" } }),
      "The provided starting key does not match the range key predicate",
    );
  });

  test("checks what is selected", async () => {
    for (const [more, message] of [
      [
        { Select: "SPECIFIC_ATTRIBUTES" },
        "Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES",
      ],
      [
        { Select: "ALL_ATTRIBUTES", ProjectionExpression: "v" },
        "Cannot specify the ProjectionExpression when choosing to get ALL_ATTRIBUTES",
      ],
      [
        { Select: "COUNT", ProjectionExpression: "v" },
        "Cannot specify the ProjectionExpression when choosing to get only the Count",
      ],
      [
        { Select: "ALL_PROJECTED_ATTRIBUTES" },
        "ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName",
      ],
    ] as const) {
      await refused(query("pk = :p", { p }, more), message);
    }
  });
});

describe("secondary indexes", () => {
  const g = (S: string) => ({ g: { S } });

  test("hold what they project, in the order of their keys", async () => {
    const all = await query("g = :g", g("odd"), { IndexName: "all" });
    assert.deepEqual(ascending(sorts(all)), [1, 3, 5]);
    assert.ok(all.Items.every((item: any) => item.more.S === "m"));
    const keys = await query("g = :g", g("even"), { IndexName: "keys" });
    assert.deepEqual(
      keys.Items,
      [4, 2, 0].map((sk) => ({
        pk: { S: "indexed" },
        sk: { N: String(sk) },
        g: { S: "even" },
        h: { S: `h${5 - sk}` },
      })),
    );
    const some = await query("h = :h", { h: { S: "h2" } }, { IndexName: "some" });
    assert.deepEqual(some.Items, [{ pk: { S: "indexed" }, sk: { N: "3" }, v: { S: "v3" }, h: { S: "h2" } }]);
    assert.equal((await call("Scan", { IndexName: "some" })).Count, 5);
  });

  test("go on within equal keys", async () => {
    const found: number[] = [];
    let ExclusiveStartKey: any;
    do {
      const page: any = await query("g = :g", g("even"), {
        IndexName: "all",
        Limit: 1,
        ...(ExclusiveStartKey === undefined ? {} : { ExclusiveStartKey }),
      });
      found.push(...sorts(page));
      ExclusiveStartKey = page.LastEvaluatedKey;
      if (ExclusiveStartKey !== undefined)
        assert.deepEqual(Object.keys(ExclusiveStartKey).sort(), ["g", "pk", "sk"]);
    } while (ExclusiveStartKey !== undefined);
    assert.deepEqual(ascending(found), [0, 2, 4]);
  });

  test("of the local kind fetch what they lack", async () => {
    const local = { IndexName: "local" };
    const values = { p: { S: "indexed" }, a: { S: "l6" } };
    const keys = await query("pk = :p AND l > :a", values, local);
    assert.deepEqual(
      keys.Items,
      [2, 1].map((sk) => ({
        pk: { S: "indexed" },
        sk: { N: String(sk) },
        l: { S: `l${9 - sk}` },
      })),
    );
    const whole = await query("pk = :p AND l > :a", values, {
      ...local,
      Select: "ALL_ATTRIBUTES",
      ConsistentRead: true,
    });
    assert.deepEqual(
      whole.Items.map((item: any) => item.v.S),
      ["v2", "v1"],
    );
    const part = await query("pk = :p AND l > :a", values, { ...local, ProjectionExpression: "v" });
    assert.deepEqual(part.Items, [{ v: { S: "v2" } }, { v: { S: "v1" } }]);
  });

  test("of the global kind cannot", async () => {
    const keys = { IndexName: "keys" };
    const one = "One or more parameter values were invalid: ";
    await refused(
      query("g = :g", g("odd"), { ...keys, ConsistentRead: true }),
      "Consistent reads are not supported on global secondary indexes",
    );
    await refused(
      query("g = :g", g("odd"), { ...keys, Select: "ALL_ATTRIBUTES" }),
      `${one}Select type ALL_ATTRIBUTES is not supported for global secondary index keys because its projection type is not ALL`,
    );
    await refused(
      query("g = :g", g("odd"), { ...keys, ProjectionExpression: "v" }),
      `${one}Global secondary index keys does not project [v]`,
    );
  });

  test("follow every change of an item", async () => {
    const at = async (h: string) => (await query("h = :h", { h: { S: h } }, { IndexName: "some" })).Items;
    const item = { pk: { S: "moving" }, sk: { N: "1" } };
    await put({ ...item, h: { S: "there" }, v: { S: "1" }, more: { S: "1" } });
    assert.equal((await at("there"))[0].v.S, "1");
    const units = async (operation: string, input: object) =>
      (await call(operation, { ...input, ReturnConsumedCapacity: "INDEXES" })).ConsumedCapacity
        .GlobalSecondaryIndexes?.some?.CapacityUnits;
    const update = (UpdateExpression: string, values: object) => ({
      Key: item,
      UpdateExpression,
      ExpressionAttributeValues: values,
    });
    assert.equal(await units("UpdateItem", update("SET more = :v", { ":v": { S: "2" } })), undefined);
    assert.equal(await units("UpdateItem", update("SET v = :v", { ":v": { S: "2" } })), 1);
    assert.equal((await at("there"))[0].v.S, "2");
    assert.equal(await units("UpdateItem", update("SET h = :h", { ":h": { S: "elsewhere" } })), 2);
    assert.deepEqual(await at("there"), []);
    assert.equal((await at("elsewhere")).length, 1);
    await call("UpdateItem", { Key: item, UpdateExpression: "REMOVE h" });
    assert.deepEqual(await at("elsewhere"), []);
    await put({ ...item, h: { S: "back" } });
    await call("DeleteItem", { Key: item });
    assert.deepEqual(await at("back"), []);
  });

  test("refuse keys of another type", async () => {
    const item = { pk: { S: "typed" }, sk: { N: "1" } };
    const one = "One or more parameter values were invalid: ";
    await refused(
      put({ ...item, g: { N: "1" } }),
      `${one}Type mismatch for Index Key g Expected: S Actual: N IndexName: all`,
    );
    await refused(
      put({ ...item, h: { S: "" } }),
      "One or more parameter values are not valid. A value specified for a secondary index key is not supported. The AttributeValue for a key attribute cannot contain an empty string value. IndexName: keys, IndexKey: h",
    );
    await put(item);
    await refused(
      call("UpdateItem", { Key: item, UpdateExpression: "SET g = sk" }),
      "The update expression attempted to update the secondary index key to unsupported type",
    );
    await refused(
      call("UpdateItem", {
        Key: item,
        UpdateExpression: "SET g.a = :v",
        ExpressionAttributeValues: { ":v": p },
      }),
      "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: IndexKey: g",
    );
  });
});

describe("Scan", () => {
  test("finds everything once, whole or in segments", async () => {
    for (let i = 0; i < 200; i++) await put({ pk: { S: `scan-${i}` }, sk: { N: "1" }, v: { S: "scanned" } });
    const filter = { FilterExpression: "v = :v", ExpressionAttributeValues: { ":v": { S: "scanned" } } };
    const scanAll = async (more: object) => {
      const found: string[] = [];
      let ExclusiveStartKey: object | undefined;
      do {
        const page: any = await call("Scan", {
          ...filter,
          ...more,
          ...(ExclusiveStartKey === undefined ? {} : { ExclusiveStartKey }),
        });
        found.push(...page.Items.map((item: any) => item.pk.S));
        ExclusiveStartKey = page.LastEvaluatedKey;
      } while (ExclusiveStartKey !== undefined);
      return found;
    };
    const whole = await scanAll({ Limit: 7 });
    assert.equal(whole.length, 200);
    assert.equal(new Set(whole).size, 200);
    const segments = await Promise.all(
      [0, 1, 2].map((Segment) => scanAll({ Segment, TotalSegments: 3, Limit: 11 })),
    );
    assert.deepEqual(segments.flat().sort(), whole.toSorted());
    assert.ok(segments.every((segment) => segment.length > 30));
  });

  test("refuses segments that are none", async () => {
    for (const [more, message] of [
      [{ Segment: 0 }, /^The TotalSegments parameter is required/],
      [{ TotalSegments: 2 }, /^The Segment parameter is required/],
      [{ Segment: 2, TotalSegments: 2 }, /Segment: 2 is not less than TotalSegments: 2$/],
      [{ Segment: -1, TotalSegments: 2 }, /Member must have value greater than or equal to 0$/],
    ] as const) {
      await refused(call("Scan", more), message);
    }
  });
});

describe("batches", () => {
  test("write and read several tables", async () => {
    await dynamodb.call("CreateTable", {
      TableName: "second",
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: [attribute("id", "B")],
      KeySchema: key("id"),
    });
    const written = await dynamodb.call("BatchWriteItem", {
      RequestItems: {
        [TableName]: [
          { PutRequest: { Item: { pk: { S: "batch" }, sk: { N: "1" }, v: { S: "one" } } } },
          { DeleteRequest: { Key: { pk: { S: "batch" }, sk: { N: "2" } } } },
        ],
        second: [{ PutRequest: { Item: { id: { B: "AQ==" } } } }],
      },
      ReturnConsumedCapacity: "TOTAL",
    });
    assert.deepEqual(written, {
      UnprocessedItems: {},
      ConsumedCapacity: [
        { TableName, CapacityUnits: 2 },
        { TableName: "second", CapacityUnits: 1 },
      ],
    });
    const read = await dynamodb.call("BatchGetItem", {
      RequestItems: {
        [TableName]: {
          Keys: [
            { pk: { S: "batch" }, sk: { N: "1" } },
            { pk: { S: "batch" }, sk: { N: "2" } },
          ],
          ProjectionExpression: "#v",
          ExpressionAttributeNames: { "#v": "v" },
        },
        second: { Keys: [{ id: { B: "AQ==" } }] },
      },
    });
    assert.deepEqual(read, {
      Responses: { [TableName]: [{ v: { S: "one" } }], second: [{ id: { B: "AQ==" } }] },
      UnprocessedKeys: {},
    });
  });

  test("leave what does not fit into an answer to be asked for again", async () => {
    const keys = Array.from({ length: 45 }, (_, at) => ({ pk: { S: "wide" }, sk: { N: String(at) } }));
    for (const item of keys) await put({ ...item, v: { S: "x".repeat(390_000) } });
    const first = await call("BatchGetItem", {
      RequestItems: { [TableName]: { Keys: keys, ConsistentRead: true } },
    });
    const left = first.UnprocessedKeys[TableName];
    assert.equal(first.Responses[TableName].length + left.Keys.length, 45);
    assert.ok(left.Keys.length > 0);
    assert.equal(left.ConsistentRead, true);
    const second = await call("BatchGetItem", { RequestItems: first.UnprocessedKeys });
    assert.equal(second.Responses[TableName].length, left.Keys.length);
  });

  test("are refused whole", async () => {
    const Item = { pk: { S: "refused" }, sk: { N: "1" } };
    const write = (...requests: object[]) =>
      call("BatchWriteItem", { RequestItems: { [TableName]: requests } });
    await refused(
      write({ PutRequest: { Item } }, { DeleteRequest: { Key: { ...Item, sk: { N: "1.0" } } } }),
      "Provided list of item keys contains duplicates",
    );
    await refused(
      write({ PutRequest: { Item } }, {}),
      /^Supplied AttributeValue has more than one datatypes set/,
    );
    await refused(
      write(
        ...Array.from({ length: 26 }, (_, at) => ({
          PutRequest: { Item: { ...Item, sk: { N: String(at) } } },
        })),
      ),
      "Too many items requested for the BatchWriteItem call",
    );
    await refused(
      write({ PutRequest: { Item } }, { PutRequest: { Item: { pk: { S: "x" } } } }),
      /Missing the key sk/,
    );
    await assert.rejects(
      call("BatchWriteItem", {
        RequestItems: { [TableName]: [{ PutRequest: { Item } }], absent: [{ PutRequest: { Item } }] },
      }),
      { code: "ResourceNotFoundException", message: "Requested resource not found" },
    );
    assert.deepEqual(await call("GetItem", { Key: Item }), {});
    const Keys = Array.from({ length: 101 }, (_, at) => ({ pk: { S: "x" }, sk: { N: String(at) } }));
    await refused(
      call("BatchGetItem", { RequestItems: { [TableName]: { Keys } } }),
      "Too many items requested for the BatchGetItem call",
    );
    await refused(
      call("BatchGetItem", { RequestItems: { [TableName]: { Keys: [Item, Item] } } }),
      "Provided list of item keys contains duplicates",
    );
  });
});

describe("the parameters from before expressions", () => {
  test("mean the same", async () => {
    const KeyConditions = {
      pk: { ComparisonOperator: "EQ", AttributeValueList: [p] },
      sk: { ComparisonOperator: "BETWEEN", AttributeValueList: [{ N: "0" }, { N: "10" }] },
    };
    const QueryFilter = {
      v: { ComparisonOperator: "IN", AttributeValueList: [{ N: "1" }, { N: "10" }] },
      nope: { ComparisonOperator: "NULL" },
    };
    assert.deepEqual(sorts(await call("Query", { KeyConditions })), [0, 0.5, 1, 2, 10]);
    assert.deepEqual(sorts(await call("Query", { KeyConditions, QueryFilter })), [1, 10]);
    const either = {
      ScanFilter: {
        v: { ComparisonOperator: "EQ", AttributeValueList: [{ S: "v3" }] },
        h: { ComparisonOperator: "BEGINS_WITH", AttributeValueList: [{ S: "h5" }] },
      },
      ConditionalOperator: "OR",
      AttributesToGet: ["sk"],
    };
    assert.deepEqual(ascending(sorts(await call("Scan", either))), [0, 3]);
  });

  test("update and guard items", async () => {
    const Key = { pk: { S: "legacy" }, sk: { N: "1" } };
    const update = (AttributeUpdates: object, more: object = {}) =>
      call("UpdateItem", { Key, AttributeUpdates, ReturnValues: "ALL_NEW", ...more });
    await update({
      a: { Value: { N: "1" } },
      s: { Action: "ADD", Value: { SS: ["x"] } },
      gone: { Action: "DELETE" },
    });
    const { Attributes } = await update({
      a: { Action: "ADD", Value: { N: "2" } },
      s: { Action: "DELETE", Value: { SS: ["x"] } },
      list: { Action: "ADD", Value: { L: [{ S: "first" }] } },
    });
    assert.deepEqual(Attributes, { ...Key, a: { N: "3" }, list: { L: [{ S: "first" }] } });
    const Expected = { a: { Value: { N: "4" } } };
    await assert.rejects(update({ a: { Value: { N: "9" } } }, { Expected }), {
      code: "ConditionalCheckFailedException",
    });
    await update({ a: { Value: { N: "9" } } }, { Expected: { nope: { Exists: false } } });
    await refused(
      update({ a: { Action: "PUT" } }),
      "One or more parameter values were invalid: Only DELETE action is allowed when no attribute value is specified",
    );
  });
});
