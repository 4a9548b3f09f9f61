import { dynamodbLimits } from "../../base/index.ts";
import { invalid, invalidParameter } from "./errors.ts";
import type {
  AttributeDefinition,
  IndexDefinition,
  KeySchemaElement,
  Projection,
  Tag,
  Throughput,
} from "./model.ts";
import { checkName, choice, constraint, type Input, member, optional, required } from "./request.ts";
import { readOnDemandThroughput, readWarmThroughput, warmThroughput } from "./table-settings.ts";
import { requireInteger, requireList, requireObject, requireString } from "./values/attribute-value.ts";

/** Reads and checks the parts of CreateTable and UpdateTable, with DynamoDB's texts. */

export function readAttributeDefinitions(input: Input): readonly AttributeDefinition[] {
  return required(input, "AttributeDefinitions", requireList).map((entry) => {
    const definition = requireObject(entry);
    const name = required(definition, "AttributeName", requireString);
    if (name.length < 1 || name.length > 255) {
      throw constraint(
        `'${name}'`,
        "attributeDefinitions.1.member.attributeName",
        `Member must have length ${name.length < 1 ? "greater than or equal to 1" : "less than or equal to 255"}`,
      );
    }
    required(definition, "AttributeType", requireString);
    return { AttributeName: name, AttributeType: choice(definition, "AttributeType", ["B", "N", "S"], "S") };
  });
}

export function readKeySchema(
  input: Input,
  attributes: readonly AttributeDefinition[],
): readonly KeySchemaElement[] {
  const list = required(input, "KeySchema", requireList);
  if (list.length < 1 || list.length > 2) {
    throw constraint(
      `'[${list.map(() => "KeySchemaElement").join(", ")}]'`,
      "keySchema",
      list.length < 1
        ? "Member must have length greater than or equal to 1"
        : "Member must have length less than or equal to 2",
    );
  }
  const schema = list.map((entry): KeySchemaElement => {
    const element = requireObject(entry);
    required(element, "KeyType", requireString);
    return {
      AttributeName: required(element, "AttributeName", requireString),
      KeyType: choice(element, "KeyType", ["HASH", "RANGE"], "HASH"),
    };
  });
  checkKeySchema(schema, attributes);
  return schema;
}

function checkKeySchema(
  schema: readonly KeySchemaElement[],
  attributes: readonly AttributeDefinition[],
): void {
  const defined = attributes.map(({ AttributeName }) => AttributeName);
  const names = schema.map(({ AttributeName }) => AttributeName);
  const [first, second] = schema;
  const repeated = names.length === 2 && names[0] === names[1];
  const undefinedKey = names.some((name) => !defined.includes(name));
  if (names.length === 2 && (undefinedKey || (repeated && defined.length === 1))) {
    throw invalid("Invalid KeySchema: Some index key attribute have no definition");
  }
  if (undefinedKey) {
    throw invalidParameter(
      `Some index key attributes are not defined in AttributeDefinitions. Keys: [${names.join(", ")}], AttributeDefinitions: [${defined.join(", ")}]`,
    );
  }
  if (repeated) {
    throw invalid("Both the Hash Key and the Range Key element in the KeySchema have the same name");
  }
  if (first?.KeyType !== "HASH") {
    throw invalid("Invalid KeySchema: The first KeySchemaElement is not a HASH key type");
  }
  if (second !== undefined && second.KeyType !== "RANGE") {
    throw invalid("Invalid KeySchema: The second KeySchemaElement is not a RANGE key type");
  }
}

/** Every defined attribute must be a key somewhere. */
export function checkAttributesUsed(
  attributes: readonly AttributeDefinition[],
  schemas: readonly (readonly KeySchemaElement[])[],
): void {
  const used = new Set(schemas.flat().map(({ AttributeName }) => AttributeName));
  const defined = attributes.map(({ AttributeName }) => AttributeName);
  if (new Set(defined).size < defined.length) {
    const repeated = defined.find((name, at) => defined.indexOf(name) !== at);
    throw invalid(`Cannot have two attributes with the same name in AttributeDefinitions: ${repeated}`);
  }
  if (defined.some((name) => !used.has(name))) {
    throw invalidParameter(
      schemas.length === 1
        ? "Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions"
        : `Some AttributeDefinitions are not used. AttributeDefinitions: [${defined.join(", ")}], keys used: [${[...used].join(", ")}]`,
    );
  }
}

export type BillingMode = "PROVISIONED" | "PAY_PER_REQUEST";

export function readBillingMode(input: Input): BillingMode | undefined {
  if (member(input, "BillingMode") === undefined) return undefined;
  return choice(input, "BillingMode", ["PROVISIONED", "PAY_PER_REQUEST"], "PROVISIONED");
}

const NO_THROUGHPUT: Throughput = { read: 0, write: 0 };

/** The throughput that a table or index is given; zero for a table that is paid by request. */
export function readThroughput(input: Input, mode: BillingMode, index?: string): Throughput {
  const given = optional(input, "ProvisionedThroughput", requireObject);
  if (mode === "PAY_PER_REQUEST") {
    if (given === undefined) return NO_THROUGHPUT;
    throw invalidParameter(
      index === undefined
        ? "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST"
        : `ProvisionedThroughput should not be specified for index: ${index} when BillingMode is PAY_PER_REQUEST`,
    );
  }
  if (given === undefined) {
    throw invalidParameter(
      index === undefined
        ? "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED"
        : `ProvisionedThroughput must be specified for index: ${index}`,
    );
  }
  return {
    read: readUnits(given, "ReadCapacityUnits", index),
    write: readUnits(given, "WriteCapacityUnits", index),
  };
}

function readUnits(input: Input, name: "ReadCapacityUnits" | "WriteCapacityUnits", index?: string): number {
  const units = required(input, name, requireInteger);
  const path = `provisionedThroughput.${name.charAt(0).toLowerCase()}${name.slice(1)}`;
  if (units < 1) throw constraint(`'${units}'`, path, "Member must have value greater than or equal to 1");
  if (units > dynamodbLimits.throughputUnits) {
    throw invalid(
      `Given value ${units} for ${name} is out of bounds${index === undefined ? "" : ` for index ${index}`}`,
    );
  }
  return units;
}

export function readProjection(input: Input): Projection {
  const projection = required(input, "Projection", requireObject);
  if (member(projection, "ProjectionType") === undefined) {
    throw invalidParameter("Unknown ProjectionType: null");
  }
  const type = choice(projection, "ProjectionType", ["ALL", "KEYS_ONLY", "INCLUDE"], "ALL");
  const names = optional(projection, "NonKeyAttributes", requireList)?.map(requireString);
  if (names === undefined) {
    if (type === "INCLUDE") {
      throw invalidParameter("ProjectionType is INCLUDE, but NonKeyAttributes is not specified");
    }
    return { ProjectionType: type };
  }
  if (type !== "INCLUDE") {
    throw invalidParameter(`ProjectionType is ${type}, but NonKeyAttributes is specified`);
  }
  if (names.length === 0) throw invalidParameter("NonKeyAttributes must not be empty");
  return { ProjectionType: type, NonKeyAttributes: names };
}

export interface IndexInput {
  readonly kind: "global" | "local";
  readonly attributes: readonly AttributeDefinition[];
  readonly tableKey: readonly KeySchemaElement[];
  readonly billingMode: BillingMode;
}

export function readIndex(input: Input, number: number, options: IndexInput): IndexDefinition {
  const { kind, attributes, tableKey, billingMode } = options;
  const name = checkName(required(input, "IndexName", requireString), "indexName");
  const keySchema = readKeySchema(input, attributes);
  if (kind === "local") {
    if (keySchema.length !== 2) {
      throw invalidParameter(`Index KeySchema does not have a range key for index: ${name}`);
    }
    const [hash] = keySchema;
    if (hash?.AttributeName !== tableKey[0]?.AttributeName) {
      throw invalidParameter(
        `Index KeySchema does not have the same leading hash key as table KeySchema for index: ${name}. index hash key: ${hash?.AttributeName}, table hash key: ${tableKey[0]?.AttributeName}`,
      );
    }
  }
  const index = {
    number,
    name,
    kind,
    keySchema,
    projection: readProjection(input),
    status: "ACTIVE",
  } as const;
  if (kind === "local") return index;
  const throughput = readThroughput(input, billingMode, name);
  const initial = { index: name, initial: billingMode };
  return {
    ...index,
    throughput,
    onDemandThroughput: readOnDemandThroughput(input, billingMode, { index: name }),
    warmThroughput: readWarmThroughput(input, warmThroughput(billingMode, throughput), initial),
  };
}

/** Reads LocalSecondaryIndexes and GlobalSecondaryIndexes of CreateTable, numbered from 1. */
export function readIndexes(input: Input, options: Omit<IndexInput, "kind">): readonly IndexDefinition[] {
  const local = optional(input, "LocalSecondaryIndexes", requireList);
  const global = optional(input, "GlobalSecondaryIndexes", requireList);
  if (local !== undefined) {
    if (local.length === 0) throw invalidParameter("List of LocalSecondaryIndexes is empty");
    if (options.tableKey.length !== 2) {
      throw invalidParameter(
        "Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex",
      );
    }
  }
  if (global?.length === 0) throw invalidParameter("List of GlobalSecondaryIndexes is empty");
  const entries = [
    ...(local ?? []).map((entry) => ({ kind: "local" as const, entry })),
    ...(global ?? []).map((entry) => ({ kind: "global" as const, entry })),
  ];
  const indexes = entries.map(({ kind, entry }, at) =>
    readIndex(requireObject(entry), at + 1, { ...options, kind }),
  );
  checkIndexes(indexes);
  return indexes;
}

export function checkIndexes(indexes: readonly IndexDefinition[]): void {
  const names = new Set<string>();
  for (const { name } of indexes) {
    if (names.has(name)) throw invalidParameter(`Duplicate index name: ${name}`);
    names.add(name);
  }
  const count = (kind: string) => indexes.filter((index) => index.kind === kind).length;
  if (count("local") > dynamodbLimits.localIndexes) {
    throw invalidParameter(
      `LocalSecondaryIndex count exceeds the per-table limit of ${dynamodbLimits.localIndexes}`,
    );
  }
  if (count("global") > dynamodbLimits.globalIndexes) {
    throw invalidParameter(
      `GlobalSecondaryIndex count exceeds the per-table limit of ${dynamodbLimits.globalIndexes}`,
    );
  }
  const projected = indexes.flatMap(({ projection }) => projection.NonKeyAttributes ?? []).length;
  if (projected > dynamodbLimits.projectedAttributes) {
    throw invalidParameter(
      `Number of projected attributes exceeds the limit of ${dynamodbLimits.projectedAttributes}`,
    );
  }
}

export function readTags(value: unknown): readonly Tag[] {
  const list = requireList(value);
  checkTagCount(list.length);
  return list.map((entry) => {
    const tag = requireObject(entry);
    const Key = required(tag, "Key", requireString);
    const Value = required(tag, "Value", requireString);
    if (Key.length < 1 || Key.length > 128 || Value.length > 256) {
      throw invalidParameter("A tag's key has 1 to 128 characters and its value at most 256");
    }
    return { Key, Value };
  });
}

function checkTagCount(count: number): void {
  if (count <= dynamodbLimits.tags) return;
  throw invalidParameter(`Too many tags: the limit is ${dynamodbLimits.tags} tags for a resource`);
}

/** Refuses what this server does not have, instead of taking it and doing nothing. */
export function refuseAbsent(input: Input, names: readonly string[]): void {
  for (const name of names) {
    const value = member(input, name);
    if (value === undefined || (Array.isArray(value) && value.length === 0)) continue;
    if (name === "StreamSpecification" && requireObject(value).StreamEnabled === false) continue;
    throw invalidParameter(`${name} is not supported by this server`);
  }
}
