import assert from "node:assert/strict";
import { test } from "node:test";
import { compareNumbers } from "../../src/services/dynamodb/values/number.ts";
import { openTestDynamoDb, type TestDynamoDb } from "../../testkit/dynamodb.ts";
import { type SeededRandomness, seededRandomness, seedOfRun } from "../../testkit/seeded-randomness.ts";

/** Runs random calls against the service and against a model that does everything the plain way. */

const TableName = "model";
const ROUNDS = 1_500;

interface Row {
  readonly pk: string;
  readonly sk: string;
  /** Key of the global index, if the item is in it. */
  g?: string;
  /** Key of the local index. */
  l?: string;
  n: string;
}

const keyOf = ({ pk, sk }: Pick<Row, "pk" | "sk">): string => `${pk}/${sk}`;

class Model {
  readonly rows = new Map<string, Row>();

  query(pk: string, low: string, high: string): Row[] {
    return [...this.rows.values()]
      .filter((row) => row.pk === pk && compareNumbers(row.sk, low) >= 0 && compareNumbers(row.sk, high) <= 0)
      .toSorted((left, right) => compareNumbers(left.sk, right.sk));
  }
}

const toItem = ({ pk, sk, g, l, n }: Row) => ({
  pk: { S: pk },
  sk: { N: sk },
  ...(g === undefined ? {} : { g: { S: g } }),
  ...(l === undefined ? {} : { l: { N: l } }),
  n: { N: n },
});

const identity = (item: any): string => `${item.pk.S}/${item.sk.N}`;

class Run {
  readonly #model = new Model();
  readonly #dynamodb: TestDynamoDb;
  readonly #random: SeededRandomness;

  constructor(dynamodb: TestDynamoDb, random: SeededRandomness) {
    this.#dynamodb = dynamodb;
    this.#random = random;
  }

  async step(): Promise<void> {
    const choice = this.#random.below(100);
    if (choice < 25) await this.#put();
    else if (choice < 50) await this.#update();
    else if (choice < 62) await this.#delete();
    else if (choice < 70) await this.#batch();
    else if (choice < 80) await this.#get();
    else if (choice < 90) await this.#query();
    else if (choice < 95) await this.#queryLocal();
    else await this.#queryGlobal();
  }

  #call(operation: string, input: object): Promise<any> {
    return this.#dynamodb.call(operation, { TableName, ...input });
  }

  #pk(): string {
    return this.#random.pick(["a", "b", "é", "😀", "a b"]);
  }

  #sk(): string {
    return this.#random.pick(["-10", "-1.5", "0", "0.5", "1", "2", "10", "99999999999999999999"]);
  }

  #row(): Row {
    const row: Row = { pk: this.#pk(), sk: this.#sk(), n: String(this.#random.below(5)) };
    if (this.#random.chance(0.6)) row.g = this.#random.pick(["x", "y"]);
    if (this.#random.chance(0.6)) row.l = this.#random.pick(["-2", "7", "7.5", "100"]);
    return row;
  }

  #keyOf(row: Pick<Row, "pk" | "sk">) {
    return { pk: { S: row.pk }, sk: { N: row.sk } };
  }

  async #put(): Promise<void> {
    const row = this.#row();
    const present = this.#model.rows.get(keyOf(row));
    const guarded = this.#random.chance(0.3);
    const write = this.#call("PutItem", {
      Item: toItem(row),
      ReturnValues: "ALL_OLD",
      ...(guarded ? { ConditionExpression: "attribute_not_exists(pk)" } : {}),
    });
    if (guarded && present !== undefined) {
      await assert.rejects(write, { code: "ConditionalCheckFailedException" });
      return;
    }
    const { Attributes } = await write;
    assert.deepEqual(Attributes, present === undefined ? undefined : toItem(present));
    this.#model.rows.set(keyOf(row), row);
  }

  async #update(): Promise<void> {
    const key = { pk: this.#pk(), sk: this.#sk() };
    const row: Row = { ...(this.#model.rows.get(keyOf(key)) ?? { ...key, n: "0" }) };
    row.n = String(Number(row.n) + 1);
    let expression = "ADD n :one";
    let values: object = { ":one": { N: "1" } };
    if (this.#random.chance(0.4)) {
      row.g = this.#random.pick(["x", "y", "z"]);
      expression += " SET g = :g";
      values = { ...values, ":g": { S: row.g } };
    }
    if (this.#random.chance(0.3)) {
      delete row.l;
      expression += " REMOVE l";
    }
    const { Attributes } = await this.#call("UpdateItem", {
      Key: this.#keyOf(key),
      UpdateExpression: expression,
      ExpressionAttributeValues: values,
      ReturnValues: "ALL_NEW",
    });
    this.#model.rows.set(keyOf(key), row);
    assert.deepEqual(Attributes, toItem(row));
  }

  async #delete(): Promise<void> {
    const key = { pk: this.#pk(), sk: this.#sk() };
    const present = this.#model.rows.get(keyOf(key));
    const { Attributes } = await this.#call("DeleteItem", { Key: this.#keyOf(key), ReturnValues: "ALL_OLD" });
    assert.deepEqual(Attributes, present === undefined ? undefined : toItem(present));
    this.#model.rows.delete(keyOf(key));
  }

  async #batch(): Promise<void> {
    const rows = new Map(
      Array.from({ length: 1 + this.#random.below(8) }, () => this.#row()).map((row) => [keyOf(row), row]),
    );
    const requests = [...rows.values()].map((row) =>
      this.#random.chance(0.3)
        ? { DeleteRequest: { Key: this.#keyOf(row) } }
        : { PutRequest: { Item: toItem(row) } },
    );
    await this.#dynamodb.call("BatchWriteItem", { RequestItems: { [TableName]: requests } });
    for (const [at, row] of [...rows.values()].entries()) {
      if ("PutRequest" in (requests[at] as object)) this.#model.rows.set(keyOf(row), row);
      else this.#model.rows.delete(keyOf(row));
    }
  }

  async #get(): Promise<void> {
    const key = { pk: this.#pk(), sk: this.#sk() };
    const { Item } = await this.#call("GetItem", { Key: this.#keyOf(key) });
    const present = this.#model.rows.get(keyOf(key));
    assert.deepEqual(Item, present === undefined ? undefined : toItem(present));
  }

  /** Reads all pages of a Query or Scan. */
  async #pages(operation: string, input: object): Promise<any[]> {
    const Limit = 1 + this.#random.below(6);
    const items: any[] = [];
    let ExclusiveStartKey: object | undefined;
    do {
      const page: any = await this.#call(operation, {
        ...input,
        Limit,
        ...(ExclusiveStartKey === undefined ? {} : { ExclusiveStartKey }),
      });
      items.push(...page.Items);
      ExclusiveStartKey = page.LastEvaluatedKey;
    } while (ExclusiveStartKey !== undefined);
    return items;
  }

  async #query(): Promise<void> {
    const pk = this.#pk();
    const [low, high] = [this.#sk(), this.#sk()].toSorted(compareNumbers) as [string, string];
    const forward = this.#random.chance(0.5);
    const most = this.#random.below(5);
    const items = await this.#pages("Query", {
      KeyConditionExpression: "pk = :pk AND sk BETWEEN :low AND :high",
      FilterExpression: "n >= :most",
      ExpressionAttributeValues: {
        ":pk": { S: pk },
        ":low": { N: low },
        ":high": { N: high },
        ":most": { N: String(most) },
      },
      ScanIndexForward: forward,
    });
    const rows = this.#model.query(pk, low, high).filter(({ n }) => Number(n) >= most);
    assert.deepEqual(items, (forward ? rows : rows.toReversed()).map(toItem));
  }

  async #queryLocal(): Promise<void> {
    const pk = this.#pk();
    const items = await this.#pages("Query", {
      IndexName: "local",
      KeyConditionExpression: "pk = :pk AND l >= :l",
      ExpressionAttributeValues: { ":pk": { S: pk }, ":l": { N: "7" } },
      Select: "ALL_ATTRIBUTES",
      ScanIndexForward: this.#random.chance(0.5),
    });
    const rows = [...this.#model.rows.values()].filter(
      (row) => row.pk === pk && row.l !== undefined && compareNumbers(row.l, "7") >= 0,
    );
    assert.deepEqual(items.map(identity).toSorted(), rows.map(keyOf).toSorted());
    for (const item of items) assert.deepEqual(item, toItem(this.#model.rows.get(identity(item)) as Row));
  }

  async #queryGlobal(): Promise<void> {
    const g = this.#random.pick(["x", "y", "z"]);
    const forward = this.#random.chance(0.5);
    const items = await this.#pages("Query", {
      IndexName: "global",
      KeyConditionExpression: "g = :g",
      ExpressionAttributeValues: { ":g": { S: g } },
      ScanIndexForward: forward,
    });
    const rows = [...this.#model.rows.values()].filter((row) => row.g === g);
    assert.deepEqual(items.map(identity).toSorted(), rows.map(keyOf).toSorted());
    const numbers = items.map((item) => Number(item.n.N));
    assert.deepEqual(
      numbers,
      numbers.toSorted((left, right) => (forward ? left - right : right - left)),
    );
    for (const item of items) {
      const { n, g: key } = this.#model.rows.get(identity(item)) as Row;
      assert.deepEqual([item.n.N, item.g.S, item.l], [n, key, undefined]);
    }
  }

  async finish(): Promise<void> {
    const items = await this.#pages("Scan", {});
    assert.equal(items.length, this.#model.rows.size);
    for (const item of items) assert.deepEqual(item, toItem(this.#model.rows.get(identity(item)) as Row));
    const { Table } = await this.#call("DescribeTable", {});
    assert.equal(Table.ItemCount, items.length);
    const inGlobal = [...this.#model.rows.values()].filter(({ g }) => g !== undefined).length;
    const inLocal = [...this.#model.rows.values()].filter(({ l }) => l !== undefined).length;
    assert.equal(Table.GlobalSecondaryIndexes[0].ItemCount, inGlobal);
    assert.equal(Table.LocalSecondaryIndexes[0].ItemCount, inLocal);
  }
}

test("random calls have the results that a plain model has", async () => {
  const seed = seedOfRun();
  const dynamodb = await openTestDynamoDb();
  try {
    await dynamodb.call("CreateTable", {
      TableName,
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: [
        { AttributeName: "pk", AttributeType: "S" },
        { AttributeName: "sk", AttributeType: "N" },
        { AttributeName: "g", AttributeType: "S" },
        { AttributeName: "n", AttributeType: "N" },
        { AttributeName: "l", AttributeType: "N" },
      ],
      KeySchema: [
        { AttributeName: "pk", KeyType: "HASH" },
        { AttributeName: "sk", KeyType: "RANGE" },
      ],
      GlobalSecondaryIndexes: [
        {
          IndexName: "global",
          KeySchema: [
            { AttributeName: "g", KeyType: "HASH" },
            { AttributeName: "n", KeyType: "RANGE" },
          ],
          Projection: { ProjectionType: "KEYS_ONLY" },
        },
      ],
      LocalSecondaryIndexes: [
        {
          IndexName: "local",
          KeySchema: [
            { AttributeName: "pk", KeyType: "HASH" },
            { AttributeName: "l", KeyType: "RANGE" },
          ],
          Projection: { ProjectionType: "KEYS_ONLY" },
        },
      ],
    });
    const run = new Run(dynamodb, seededRandomness(seed));
    for (let round = 0; round < ROUNDS; round++) {
      try {
        await run.step();
      } catch (error) {
        throw new Error(`round ${round} of LAMBKIN_SEED=${seed}`, { cause: error });
      }
    }
    await run.finish();
  } finally {
    await dynamodb.close();
  }
});
