import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { openTestDynamoDb, type TestDynamoDb } from "../../../testkit/dynamodb.ts";

let dynamodb: TestDynamoDb;
const TableName = "items";

before(async () => {
  dynamodb = await openTestDynamoDb();
  await dynamodb.call("CreateTable", {
    TableName,
    BillingMode: "PAY_PER_REQUEST",
    AttributeDefinitions: [{ AttributeName: "pk", AttributeType: "S" }],
    KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }],
  });
});
after(() => dynamodb.close());

const call = (operation: string, input: object) => dynamodb.call(operation, { TableName, ...input });
const put = (Item: object, more: object = {}) => call("PutItem", { Item, ...more });
const get = async (pk: string) => (await call("GetItem", { Key: { pk: { S: pk } } })).Item;
const update = (pk: string, UpdateExpression: string, values?: object, more: object = {}) =>
  call("UpdateItem", {
    Key: { pk: { S: pk } },
    UpdateExpression,
    ...(values === undefined ? {} : { ExpressionAttributeValues: values }),
    ...more,
  });
const refused = (promise: Promise<unknown>, message: string | RegExp) =>
  assert.rejects(promise, { code: "ValidationException", message });
const conditionFails = (promise: Promise<unknown>) =>
  assert.rejects(promise, {
    code: "ConditionalCheckFailedException",
    status: 400,
    message: "The conditional request failed",
  });

describe("PutItem and GetItem", () => {
  test("keep every type, numbers in canonical form", async () => {
    const item = {
      pk: { S: "types" },
      s: { S: "ünï\u0000😀" },
      empty: { S: "" },
      n: { N: "-12.5" },
      b: { B: "AP8=" },
      emptyBinary: { B: "" },
      yes: { BOOL: true },
      nothing: { NULL: true },
      ss: { SS: ["b", "a", ""] },
      ns: { NS: ["1", "0.5"] },
      bs: { BS: ["AQ==", ""] },
      l: { L: [{ S: "x" }, { L: [] }, { M: {} }] },
      m: { M: { "": { S: "empty name" }, deep: { M: { n: { N: "1" } } } } },
    };
    await put(item);
    assert.deepEqual(await get("types"), item);
    await put({ pk: { S: "types" }, n: { N: "+001.50E1" }, x: { NULL: false } });
    assert.deepEqual(await get("types"), { pk: { S: "types" }, n: { N: "15" }, x: { NULL: true } });
  });

  test("answer for what is not there", async () => {
    assert.deepEqual(await call("GetItem", { Key: { pk: { S: "nope" } } }), {});
    await assert.rejects(dynamodb.call("GetItem", { TableName: "absent", Key: { pk: { S: "x" } } }), {
      code: "ResourceNotFoundException",
      message: "Requested resource not found",
    });
  });

  test("refuse what is no value", async () => {
    const one = "One or more parameter values were invalid: ";
    for (const [value, message] of [
      [{}, "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"],
      [{ X: "1" }, "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"],
      [
        { S: "a", N: "1" },
        "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes",
      ],
      [{ N: "dog" }, "The parameter cannot be converted to a numeric value: dog"],
      [{ SS: [] }, `${one}An string set  may not be empty`],
      [{ NS: [] }, `${one}An number set  may not be empty`],
      [{ BS: [] }, `${one}Binary sets should not be empty`],
      [{ SS: ["a", "a"] }, `${one}Input collection [a, a] contains duplicates.`],
      [{ NS: ["1", "1.0"] }, "Input collection contains duplicates"],
      [{ BS: ["AQ==", "AQ=="] }, `${one}Input collection [AQ==, AQ==]of type BS contains duplicates.`],
      [{ L: [{ M: { x: { SS: [] } } }] }, `${one}An string set  may not be empty`],
    ] as const) {
      await refused(put({ pk: { S: "bad" }, value }), message);
    }
    for (const value of [
      "text",
      5,
      { S: 5 },
      { N: 5 },
      { BOOL: "true" },
      { L: {} },
      { M: [] },
      { B: "?" },
      { B: "AQ" },
      { B: "AR==" },
      { SS: "a" },
    ]) {
      await assert.rejects(put({ pk: { S: "bad" }, value }), { code: "SerializationException" });
    }
    assert.equal(await get("bad"), undefined);
  });

  test("refuse keys that do not fit the table", async () => {
    const one = "One or more parameter values were invalid: ";
    const empty =
      "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: pk";
    await refused(put({ a: { S: "x" } }), `${one}Missing the key pk in the item`);
    await refused(put({ pk: { N: "1" } }), `${one}Type mismatch for key pk expected: S actual: N`);
    await refused(put({ pk: { S: "" } }), empty);
    await refused(call("GetItem", { Key: { pk: { S: "" } } }), empty);
    const mismatch = "The provided key element does not match the schema";
    await refused(call("GetItem", { Key: {} }), mismatch);
    await refused(call("GetItem", { Key: { pk: { N: "1" } } }), mismatch);
    await refused(call("GetItem", { Key: { pk: { S: "a" }, more: { S: "a" } } }), mismatch);
    await put({ pk: { S: "k".repeat(2_048) } });
    await refused(
      put({ pk: { S: "k".repeat(2_049) } }),
      `${one}Size of hashkey has exceeded the maximum size limit of2048 bytes`,
    );
    await refused(
      put({ pk: { S: "é".repeat(1_025) } }),
      `${one}Size of hashkey has exceeded the maximum size limit of2048 bytes`,
    );
  });

  test("hold an item of 400 KB and not a byte more", async () => {
    const filler = "x".repeat(409_600 - "pk".length - "full".length - "f".length);
    await put({ pk: { S: "full" }, f: { S: filler } });
    await refused(
      put({ pk: { S: "full" }, f: { S: `${filler}x` } }),
      "Item size has exceeded the maximum allowed size",
    );
    await refused(
      update("full", "SET g = :g", { ":g": { S: "" } }),
      "Item size to update has exceeded the maximum allowed size",
    );
    assert.equal((await get("full")).f.S.length, filler.length);
  });

  test("nest 32 levels deep and not one more", async () => {
    const nested = (wraps: number): object => (wraps === 0 ? { S: "leaf" } : { M: { n: nested(wraps - 1) } });
    await put({ pk: { S: "deep" }, data: nested(31) });
    await refused(
      put({ pk: { S: "deep" }, data: nested(32) }),
      /^Nesting Levels have exceeded supported limits/,
    );
    await refused(
      update(
        "deep",
        "SET wrapped = :w, #d.#x = :x",
        { ":w": nested(32), ":x": { S: "" } },
        {
          ExpressionAttributeNames: { "#d": "data", "#x": "x" },
        },
      ),
      /Nesting Levels have exceeded supported limits/,
    );
    const path = Array.from({ length: 30 }, () => "n").join(".");
    await refused(
      update(
        "deep",
        `SET #d.${path}.n = :x`,
        { ":x": { L: [{ S: "" }] } },
        { ExpressionAttributeNames: { "#d": "data" } },
      ),
      /^Nesting Levels have exceeded supported limits/,
    );
  });

  test("project parts of an item", async () => {
    await put({
      pk: { S: "project" },
      a: { M: { b: { S: "bb" }, c: { N: "1" } } },
      l: { L: [{ S: "0" }, { M: { x: { S: "1x" }, y: { S: "1y" } } }, { S: "2" }] },
      "a.b": { S: "dotted" },
    });
    const project = async (ProjectionExpression: string, names?: object) =>
      (
        await call("GetItem", {
          Key: { pk: { S: "project" } },
          ProjectionExpression,
          ...(names === undefined ? {} : { ExpressionAttributeNames: names }),
        })
      ).Item;
    assert.deepEqual(await project("l[2], l[0], pk"), {
      l: { L: [{ S: "0" }, { S: "2" }] },
      pk: { S: "project" },
    });
    assert.deepEqual(await project("a.c, l[1].y, l[9], a.nope"), {
      a: { M: { c: { N: "1" } } },
      l: { L: [{ M: { y: { S: "1y" } } }] },
    });
    assert.deepEqual(await project("#x", { "#x": "a.b" }), { "a.b": { S: "dotted" } });
    assert.deepEqual(await project("nope, a[0], l.x"), {});
  });

  test("return the old item on request", async () => {
    assert.deepEqual(await put({ pk: { S: "old" }, v: { N: "1" } }, { ReturnValues: "ALL_OLD" }), {});
    assert.deepEqual(await put({ pk: { S: "old" }, v: { N: "2" } }, { ReturnValues: "ALL_OLD" }), {
      Attributes: { pk: { S: "old" }, v: { N: "1" } },
    });
    const remove = { Key: { pk: { S: "old" } }, ReturnValues: "ALL_OLD" };
    assert.deepEqual(await call("DeleteItem", remove), { Attributes: { pk: { S: "old" }, v: { N: "2" } } });
    assert.deepEqual(await call("DeleteItem", remove), {});
    await refused(
      put({ pk: { S: "old" } }, { ReturnValues: "ALL_NEW" }),
      "ReturnValues can only be ALL_OLD or NONE",
    );
  });

  test("tell the capacity that they used", async () => {
    const big = { pk: { S: "big" }, v: { S: "x".repeat(5_000) } };
    const used = (answer: any) => answer.ConsumedCapacity;
    assert.deepEqual(used(await put(big, { ReturnConsumedCapacity: "TOTAL" })), {
      TableName,
      CapacityUnits: 5,
    });
    assert.deepEqual(used(await put({ pk: { S: "big" } }, { ReturnConsumedCapacity: "INDEXES" })), {
      TableName,
      CapacityUnits: 5,
      Table: { CapacityUnits: 5 },
    });
    await put(big);
    const read = { Key: { pk: { S: "big" } }, ReturnConsumedCapacity: "TOTAL" };
    assert.equal(used(await call("GetItem", read)).CapacityUnits, 1);
    assert.equal(used(await call("GetItem", { ...read, ConsistentRead: true })).CapacityUnits, 2);
    assert.equal(used(await put({ pk: { S: "big" } })), undefined);
  });
});

describe("conditions", () => {
  const seed = {
    n: { N: "5" },
    s: { S: "hello" },
    b: { B: "aGVsbG8=" },
    l: { L: [{ N: "1" }, { S: "x" }] },
    m: { M: { k: { S: "v" } } },
    ss: { SS: ["x", "y"] },
    t: { BOOL: true },
    z: { NULL: true },
  };
  const values = {
    ":five": { N: "5.0" },
    ":six": { N: "6" },
    ":four": { N: "4" },
    ":he": { S: "he" },
    ":lo": { S: "lo" },
    ":bin": { B: "aGU=" },
    ":x": { S: "x" },
    ":one": { N: "1" },
    ":set": { SS: ["y", "x"] },
    ":list": { L: [{ N: "1" }, { S: "x" }] },
    ":map": { M: { k: { S: "v" } } },
    ":S": { S: "S" },
    ":SS": { S: "SS" },
    ":NULL": { S: "NULL" },
    ":two": { N: "2" },
  };
  const holds = async (ConditionExpression: string) => {
    const used = Object.fromEntries(
      Object.entries(values).filter(([name]) => new RegExp(`${name}\\b`).test(ConditionExpression)),
    );
    try {
      await call("UpdateItem", {
        Key: { pk: { S: "condition" } },
        ConditionExpression,
        ...(Object.keys(used).length === 0 ? {} : { ExpressionAttributeValues: used }),
      });
      return true;
    } catch (error) {
      assert.equal(
        (error as { code?: string }).code,
        "ConditionalCheckFailedException",
        `${ConditionExpression}: ${String(error)}`,
      );
      return false;
    }
  };

  test("hold or do not hold", async () => {
    await put({ pk: { S: "condition" }, ...seed });
    for (const [expression, expected] of [
      ["n = :five", true],
      ["n <> :five", false],
      ["n < :six AND n > :four AND n >= :five AND n <= :five", true],
      ["n < :he", false],
      ["s > :he", true],
      ["s BETWEEN :he AND :lo", true],
      ["n BETWEEN :six AND :six", false],
      ["n IN (:four, :five)", true],
      ["n IN (:four, :six)", false],
      ["nope = :five", false],
      ["nope <> :five", true],
      ["nope <> absent", true],
      ["nope = absent", false],
      ["NOT nope = :five", true],
      ["nope < :five OR nope >= :five", false],
      ["attribute_exists(m.k) AND attribute_not_exists(m.q)", true],
      ["attribute_exists(l[1]) AND attribute_not_exists(l[2]) AND attribute_not_exists(l.x)", true],
      ["attribute_type(s, :S) AND attribute_type(ss, :SS) AND attribute_type(z, :NULL)", true],
      ["attribute_type(nope, :S)", false],
      ["begins_with(s, :he) AND begins_with(b, :bin)", true],
      ["begins_with(s, :lo) OR begins_with(n, :he)", false],
      ["contains(s, :lo) AND contains(ss, :x) AND contains(l, :x) AND contains(l, :one)", true],
      ["contains(ss, :one) OR contains(n, :five) OR contains(m, :x)", false],
      ["size(s) = :five AND size(b) = :five AND size(ss) = :two AND size(l) = :two AND size(m) = :one", true],
      ["size(n) = :one OR size(nope) = :one OR size(t) = :one", false],
      ["size(n) <> :one", true],
      ["ss = :set AND l = :list AND m = :map", true],
      ["n = :x", false],
      ["n = :five OR nope = :five AND nope = :four", true],
      ["(n = :five OR nope = :five) AND nope = :four", false],
    ] as const) {
      assert.equal(await holds(expression), expected, expression);
    }
  });

  test("guard writes and show the item that failed them", async () => {
    const Item = { pk: { S: "guard" }, v: { N: "1" } };
    const ConditionExpression = "attribute_not_exists(pk)";
    await put(Item, { ConditionExpression });
    await conditionFails(put({ ...Item, v: { N: "2" } }, { ConditionExpression }));
    assert.deepEqual(await get("guard"), Item);
    await assert.rejects(put(Item, { ConditionExpression, ReturnValuesOnConditionCheckFailure: "ALL_OLD" }), {
      code: "ConditionalCheckFailedException",
      members: { Item },
    });
    await assert.rejects(
      call("DeleteItem", {
        Key: { pk: { S: "absent" } },
        ConditionExpression: "attribute_exists(pk)",
        ReturnValuesOnConditionCheckFailure: "ALL_OLD",
      }),
      { code: "ConditionalCheckFailedException", members: {} },
    );
    await conditionFails(
      update(
        "guard",
        "SET v = :v",
        { ":v": { N: "9" }, ":w": { N: "7" } },
        { ConditionExpression: "v = :w" },
      ),
    );
    await call("DeleteItem", { Key: { pk: { S: "guard" } }, ConditionExpression: "attribute_exists(v)" });
    assert.equal(await get("guard"), undefined);
  });

  test("are atomic with what they guard", async () => {
    await put({ pk: { S: "counter" }, n: { N: "0" } });
    const attempts = await Promise.allSettled(
      Array.from({ length: 50 }, () =>
        update(
          "counter",
          "SET n = n + :one",
          { ":one": { N: "1" }, ":limit": { N: "20" } },
          { ConditionExpression: "n < :limit" },
        ),
      ),
    );
    assert.equal(attempts.filter(({ status }) => status === "fulfilled").length, 20);
    assert.deepEqual((await get("counter")).n, { N: "20" });
  });
});

describe("UpdateItem", () => {
  const one = "One or more parameter values were invalid: ";

  test("creates the item that is not there, unless it only removes", async () => {
    await call("UpdateItem", { Key: { pk: { S: "made" } } });
    assert.deepEqual(await get("made"), { pk: { S: "made" } });
    await update("removed", "REMOVE a, b");
    assert.equal(await get("removed"), undefined);
    await update("added", "ADD n :n, s :s", { ":n": { N: "2" }, ":s": { SS: ["a"] } });
    assert.deepEqual(await get("added"), { pk: { S: "added" }, n: { N: "2" }, s: { SS: ["a"] } });
  });

  test("computes from the item as it was", async () => {
    await put({ pk: { S: "swap" }, a: { N: "1" }, b: { N: "10" }, l: { L: [{ N: "1" }] } });
    await update(
      "swap",
      "SET a = b, b = a + b, c = if_not_exists(c, a), l = list_append(l, :more), d = list_append(:more, l)",
      { ":more": { L: [{ N: "2" }] } },
    );
    assert.deepEqual(await get("swap"), {
      pk: { S: "swap" },
      a: { N: "10" },
      b: { N: "11" },
      c: { N: "1" },
      l: { L: [{ N: "1" }, { N: "2" }] },
      d: { L: [{ N: "2" }, { N: "1" }] },
    });
  });

  test("finds its way in maps and lists", async () => {
    const letters = ["a", "b", "c", "d"].map((S) => ({ S }));
    await put({ pk: { S: "paths" }, m: { M: { x: { M: {} } } }, l: { L: letters } });
    await update("paths", "SET m.x.y = :v, l[1] = :v, l[9] = :w, l[7] = :v REMOVE l[0], l[2]", {
      ":v": { N: "1" },
      ":w": { N: "2" },
    });
    assert.deepEqual(await get("paths"), {
      pk: { S: "paths" },
      m: { M: { x: { M: { y: { N: "1" } } } } },
      l: { L: [{ N: "1" }, { S: "d" }, { N: "1" }, { N: "2" }] },
    });
    await update("paths", "REMOVE l[50], m.x.nope, gone SET l[2147483647] = :v", { ":v": { S: "end" } });
    assert.deepEqual((await get("paths")).l.L.at(-1), { S: "end" });
    const invalid = "The document path provided in the update expression is invalid for update";
    for (const expression of [
      "SET q.r = :v",
      "SET l.r = :v",
      "SET m[0] = :v",
      "SET m.x.y.z = :v",
      "SET l[1].a = :v",
    ]) {
      await refused(update("paths", expression, { ":v": { N: "1" } }), invalid);
    }
    await refused(update("paths", "REMOVE q.r"), invalid);
  });

  test("adds to and deletes from sets", async () => {
    await put({ pk: { S: "sets" }, s: { SS: ["a", "b"] }, n: { N: "1" } });
    await update("sets", "ADD s :s, n :n DELETE t :s", { ":s": { SS: ["b", "c"] }, ":n": { N: "-2.5" } });
    assert.deepEqual(await get("sets"), { pk: { S: "sets" }, s: { SS: ["a", "b", "c"] }, n: { N: "-1.5" } });
    await update("sets", "DELETE s :s", { ":s": { SS: ["a", "z"] } });
    assert.deepEqual((await get("sets")).s, { SS: ["b", "c"] });
    await update("sets", "DELETE s :s", { ":s": { SS: ["c", "b"] } });
    assert.equal((await get("sets")).s, undefined);
    const wrong = "An operand in the update expression has an incorrect data type";
    await refused(update("sets", "ADD n :s", { ":s": { SS: ["a"] } }), wrong);
    await refused(update("sets", "DELETE n :s", { ":s": { SS: ["a"] } }), wrong);
    await refused(update("sets", "SET n = n + pk"), wrong);
    await refused(update("sets", "SET n = list_append(n, n)"), wrong);
    await refused(
      update("sets", "SET n = nope + n"),
      "The provided expression refers to an attribute that does not exist in the item",
    );
    await refused(
      update("sets", "ADD n :n", { ":n": { N: "1E125" } }),
      /^Number overflow\. Attempting to store a number with magnitude larger than supported range$/,
    );
  });

  test("leaves the key alone", async () => {
    const message = `${one}Cannot update attribute pk. This attribute is part of the key`;
    for (const expression of ["SET pk = :v", "SET pk.a = :v"]) {
      await refused(update("key", expression, { ":v": { S: "x" } }), message);
    }
    await refused(update("key", "REMOVE pk"), message);
    assert.equal(await get("key"), undefined);
  });

  test("returns what was asked for", async () => {
    const fresh = { pk: { S: "returns" }, a: { N: "1" }, m: { M: { x: { N: "1" }, y: { N: "2" } } } };
    const changed = {
      pk: { S: "returns" },
      a: { N: "2" },
      m: { M: { x: { N: "3" }, y: { N: "2" } } },
      b: { S: "new" },
    };
    for (const [ReturnValues, expected] of [
      ["NONE", undefined],
      ["ALL_OLD", fresh],
      ["ALL_NEW", changed],
      ["UPDATED_OLD", { a: { N: "1" }, m: { M: { x: { N: "1" } } } }],
      ["UPDATED_NEW", { a: { N: "2" }, m: { M: { x: { N: "3" } } }, b: { S: "new" } }],
    ] as const) {
      await put(fresh);
      const { Attributes } = await update(
        "returns",
        "SET a = a + :one, m.x = :three, b = :new",
        { ":one": { N: "1" }, ":three": { N: "3" }, ":new": { S: "new" } },
        { ReturnValues },
      );
      assert.deepEqual(Attributes, expected, ReturnValues);
    }
    const answer = await update("fresh", "SET a = :a", { ":a": { N: "1" } }, { ReturnValues: "UPDATED_OLD" });
    assert.deepEqual(answer, {});
  });

  test("keeps nothing of an update that fails", async () => {
    await put({ pk: { S: "atomic" }, a: { N: "1" } });
    await refused(update("atomic", "SET a = :v, b.c = :v", { ":v": { N: "2" } }), /invalid for update$/);
    assert.deepEqual(await get("atomic"), { pk: { S: "atomic" }, a: { N: "1" } });
  });
});

describe("hostile names", () => {
  // deepEqual passes over a property that is called __proto__.
  const canonical = (item: object) =>
    Object.entries(item)
      .map((entry) => JSON.stringify(entry))
      .toSorted();

  test("are names like others", async () => {
    const names = [
      "__proto__",
      "constructor",
      "toString",
      "hasOwnProperty",
      "then",
      "toJSON",
      "valueOf",
      "0",
    ];
    const item = JSON.parse(
      `{"pk":{"S":"names"},${names.map((name) => `${JSON.stringify(name)}:{"M":{${JSON.stringify(name)}:{"S":"in"}}}`).join(",")}}`,
    );
    await put(item);
    const stored = await get("names");
    assert.deepEqual(canonical(stored), canonical(item));
    for (const name of names) {
      const ExpressionAttributeNames = { "#n": name };
      const read = await call("GetItem", {
        Key: { pk: { S: "names" } },
        ProjectionExpression: "#n.#n",
        ExpressionAttributeNames,
      });
      assert.equal(
        JSON.stringify(read.Item),
        `{${JSON.stringify(name)}:{"M":{${JSON.stringify(name)}:{"S":"in"}}}}`,
      );
      await update("names", "SET #n = :v", { ":v": { S: "set" } }, { ExpressionAttributeNames });
      const { Attributes } = await update("names", "REMOVE #n", undefined, {
        ExpressionAttributeNames,
        ReturnValues: "UPDATED_OLD",
      });
      assert.equal(JSON.stringify(Attributes), `{${JSON.stringify(name)}:{"S":"set"}}`);
      await conditionFails(
        put(
          { pk: { S: "names" } },
          { ConditionExpression: "attribute_exists(#n)", ExpressionAttributeNames },
        ),
      );
    }
    assert.deepEqual(await get("names"), { pk: { S: "names" } });
    assert.equal(({} as Record<string, unknown>)["S"], undefined);
  });

  test("are not inherited by an item that lacks them", async () => {
    await put({ pk: { S: "lacks" } });
    const { Item } = await call("GetItem", {
      Key: { pk: { S: "lacks" } },
      ProjectionExpression: "#a, #b",
      ExpressionAttributeNames: { "#a": "__proto__", "#b": "constructor" },
    });
    assert.deepEqual(Item, {});
    await refused(
      call("GetItem", JSON.parse('{"Key":{"__proto__":{"S":"lacks"}}}')),
      /does not match the schema/,
    );
  });
});

test("parameters that do not go together are refused", async () => {
  const Item = { pk: { S: "x" } };
  for (const [input, message] of [
    [
      { Item, Expected: { pk: { Exists: false } }, ConditionExpression: "attribute_not_exists(pk)" },
      "Can not use both expression and non-expression parameters in the same request: Non-expression parameters: {Expected} Expression parameters: {ConditionExpression}",
    ],
    [
      { Item, ExpressionAttributeNames: { "#a": "a" } },
      "ExpressionAttributeNames can only be specified when using expressions",
    ],
    [
      { Item, ExpressionAttributeValues: { ":a": { S: "" } } },
      "ExpressionAttributeValues can only be specified when using expressions: ConditionExpression is null",
    ],
    [
      { Item, ConditionExpression: "attribute_exists(pk)", ExpressionAttributeNames: { "#a": "a" } },
      "Value provided in ExpressionAttributeNames unused in expressions: keys: {#a}",
    ],
    [
      { Item, ReturnValues: "SOME" },
      "1 validation error detected: Value 'SOME' at 'returnValues' failed to satisfy constraint: Member must satisfy enum value set: [ALL_NEW, UPDATED_OLD, ALL_OLD, NONE, UPDATED_NEW]",
    ],
    [{ Item, TableName: "a" }, /Member must have length greater than or equal to 3$/],
    [{ Item, TableName: "bad name" }, /Member must satisfy regular expression pattern: \[a-zA-Z0-9_\.-\]\+$/],
  ] as const) {
    await refused(call("PutItem", input), message);
  }
});
