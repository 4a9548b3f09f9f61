import type { RequestContext } from "../../../wire/index.ts";
import { fail, invalid, invalidParameter } from "../errors.ts";
import type { Encryption, IndexDefinition, TableDefinition, TableRef, Throughput } from "../model.ts";
import { choice, flag, type Input, inputNamedTable, member, optional, required } from "../request.ts";
import { type DynamoDb, sayWithoutEffect } from "../service.ts";
import {
  checkIndexes,
  readAttributeDefinitions,
  readBillingMode,
  readIndex,
  readThroughput,
  refuseAbsent,
} from "../table-definition.ts";
import { describeTable } from "../table-description.ts";
import {
  readEncryption,
  readOnDemandThroughput,
  readWarmThroughput,
  warmThroughput,
} from "../table-settings.ts";
import { requireList, requireObject, requireString } from "../values/attribute-value.ts";

const CHANGES = [
  "ProvisionedThroughput",
  "BillingMode",
  "GlobalSecondaryIndexUpdates",
  "TableClass",
  "DeletionProtectionEnabled",
  "OnDemandThroughput",
  "WarmThroughput",
  "SSESpecification",
  "StreamSpecification",
] as const;

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTable.html */
export async function UpdateTable(dynamodb: DynamoDb, input: Input, context: RequestContext) {
  const { store, clock, randomness } = dynamodb;
  const table = inputNamedTable(context, input);
  refuseAbsent(input, [
    "StreamSpecification",
    "VectorIndexUpdates",
    "ReplicaUpdates",
    "GlobalTableWitnessUpdates",
    "MultiRegionConsistency",
    "GlobalTableSettingsReplicationMode",
  ]);
  if (CHANGES.every((name) => member(input, name) === undefined)) {
    throw invalidParameter(
      "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates or SSESpecification or ReplicaUpdates is required",
    );
  }
  const { definition, revision: from } = await store.read("describeTable", { table });
  if (definition.indexes.some(({ status }) => status === "CREATING")) {
    throw fail("ResourceInUseException", {
      with: `Attempt to change a resource which is still in use: Table is being updated: ${table.name}`,
    });
  }
  if (member(input, "StreamSpecification") !== undefined) {
    throw invalid(`Table has no stream to disable: TableName: ${table.name}`);
  }
  const changed = await store.write("changeTable", {
    table,
    from,
    revision: randomness.uuid(),
    definition: withIndexes(
      withSettings(
        { ...definition, encryption: changedEncryption(definition, input, table) },
        input,
        clock.now(),
      ),
      input,
      clock.now(),
    ),
  });
  sayWithoutEffect(dynamodb, definition.arn, input);
  return { TableDescription: describeTable(changed, "UPDATING") };
}

function withSettings(definition: TableDefinition, input: Input, now: number): TableDefinition {
  const billingMode = readBillingMode(input) ?? definition.billingMode;
  const throughput = changedThroughput(definition, billingMode, input, now);
  const warm = warmThroughput(definition.billingMode, definition.throughput, definition.warmThroughput);
  const toOnDemand = billingMode === "PAY_PER_REQUEST" && definition.billingMode !== "PAY_PER_REQUEST";
  return {
    ...definition,
    billingMode,
    throughput,
    ...(toOnDemand ? { onDemandSince: now } : {}),
    onDemandThroughput: readOnDemandThroughput(input, billingMode, {
      present: definition.onDemandThroughput ?? {},
    }),
    warmThroughput: readWarmThroughput(input, warmThroughput(billingMode, throughput, warm), {}),
    ...(member(input, "TableClass") === undefined
      ? {}
      : {
          tableClass: choice(input, "TableClass", ["STANDARD", "STANDARD_INFREQUENT_ACCESS"], "STANDARD"),
          tableClassSince: now,
        }),
    ...(member(input, "DeletionProtectionEnabled") === undefined
      ? {}
      : { deletionProtection: flag(input, "DeletionProtectionEnabled") }),
    indexes:
      billingMode === definition.billingMode
        ? definition.indexes
        : definition.indexes.map((index) => switchedIndex(index, definition.billingMode, billingMode)),
  };
}

/** A global index as its table's new billing mode leaves it. */
function switchedIndex(
  index: IndexDefinition,
  from: TableDefinition["billingMode"],
  to: TableDefinition["billingMode"],
): IndexDefinition {
  if (index.kind === "local") return index;
  const throughput = to === "PAY_PER_REQUEST" ? { read: 0, write: 0 } : index.throughput;
  const warm = warmThroughput(from, index.throughput, index.warmThroughput);
  return {
    ...index,
    ...(throughput === undefined ? {} : { throughput }),
    onDemandThroughput: undefined,
    warmThroughput: warmThroughput(to, throughput, warm),
  };
}

function changedEncryption(
  { encryption: present }: TableDefinition,
  input: Input,
  table: TableRef,
): Encryption | undefined {
  const wanted = readEncryption(input, table);
  if (wanted === undefined) return present;
  if (wanted === "owned") {
    if (present === undefined) throw invalidParameter("Table is already encrypted by default");
    return undefined;
  }
  if (wanted.keyArn === present?.keyArn) {
    throw invalidParameter(
      "Table is already encrypted with given KMSMasterKeyId. Use KMSMasterKeyId parameter if you want to change Master Key",
    );
  }
  return wanted;
}

function changedThroughput(
  definition: TableDefinition,
  billingMode: TableDefinition["billingMode"],
  input: Input,
  now: number,
): Throughput {
  const given = member(input, "ProvisionedThroughput") !== undefined;
  const switched = billingMode !== definition.billingMode;
  if (!given && !switched) return definition.throughput;
  const wanted = readThroughput(input, billingMode);
  if (switched) return wanted;
  return moved(definition.throughput, wanted, now);
}

function moved(present: Throughput, wanted: Throughput, now: number): Throughput {
  if (present.read === wanted.read && present.write === wanted.write) {
    throw invalid(
      `The provisioned throughput for the table will not change. The requested value equals the current value. Current ReadCapacityUnits provisioned for the table: ${present.read}. Requested ReadCapacityUnits: ${wanted.read}. Current WriteCapacityUnits provisioned for the table: ${present.write}. Requested WriteCapacityUnits: ${wanted.write}. Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits.`,
    );
  }
  const more = wanted.read > present.read || wanted.write > present.write;
  const less = wanted.read < present.read || wanted.write < present.write;
  return {
    ...present,
    ...wanted,
    ...(more ? { increasedAt: now } : {}),
    ...(less ? { decreasedAt: now } : {}),
  };
}

function withIndexes(definition: TableDefinition, input: Input, now: number): TableDefinition {
  const updates = optional(input, "GlobalSecondaryIndexUpdates", requireList) ?? [];
  return updates.reduce<TableDefinition>(
    (changed, update) => withIndex(changed, input, requireObject(update), now),
    definition,
  );
}

function withIndex(definition: TableDefinition, input: Input, update: Input, now: number): TableDefinition {
  const create = optional(update, "Create", requireObject);
  const change = optional(update, "Update", requireObject);
  const remove = optional(update, "Delete", requireObject);
  if (create !== undefined) return withNewIndex(definition, input, create);
  const named = change ?? remove;
  if (named === undefined) {
    throw invalidParameter(
      "One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, GlobalSecondaryIndexUpdate.Delete must not be null",
    );
  }
  const name = required(named, "IndexName", requireString);
  const index = definition.indexes.find((each) => each.kind === "global" && each.name === name);
  if (index === undefined) {
    throw fail("ResourceNotFoundException", { with: "Requested resource not found" });
  }
  if (change === undefined) return withoutIndex(definition, index);
  const updated = changedIndex(definition.billingMode, index, change, now);
  return { ...definition, indexes: definition.indexes.map((each) => (each === index ? updated : each)) };
}

function changedIndex(
  billingMode: TableDefinition["billingMode"],
  index: IndexDefinition,
  change: Input,
  now: number,
): IndexDefinition {
  const present = index.throughput ?? { read: 0, write: 0 };
  const onlyOthers =
    member(change, "ProvisionedThroughput") === undefined &&
    (member(change, "OnDemandThroughput") ?? member(change, "WarmThroughput")) !== undefined;
  const throughput = onlyOthers
    ? present
    : moved(present, readThroughput(change, billingMode, index.name), now);
  const warm = warmThroughput(billingMode, present, index.warmThroughput);
  return {
    ...index,
    throughput,
    onDemandThroughput: readOnDemandThroughput(change, billingMode, {
      index: index.name,
      present: index.onDemandThroughput ?? {},
    }),
    warmThroughput: readWarmThroughput(change, warmThroughput(billingMode, throughput, warm), {
      index: index.name,
    }),
  };
}

function withNewIndex(definition: TableDefinition, input: Input, create: Input): TableDefinition {
  const given = member(input, "AttributeDefinitions") === undefined ? [] : readAttributeDefinitions(input);
  const attributes = [
    ...definition.attributes,
    ...given.filter(({ AttributeName }) =>
      definition.attributes.every((each) => each.AttributeName !== AttributeName),
    ),
  ];
  const index = readIndex(create, definition.nextIndexNumber, {
    kind: "global",
    attributes,
    tableKey: definition.keySchema,
    billingMode: definition.billingMode,
  });
  const indexes = [...definition.indexes, { ...index, status: "CREATING" as const }];
  checkIndexes(indexes);
  return withUsedAttributes({
    ...definition,
    attributes,
    indexes,
    nextIndexNumber: definition.nextIndexNumber + 1,
  });
}

function withoutIndex(definition: TableDefinition, index: IndexDefinition): TableDefinition {
  return withUsedAttributes({
    ...definition,
    indexes: definition.indexes.filter((each) => each !== index),
  });
}

/** Attributes that are no key any more are forgotten. */
function withUsedAttributes(definition: TableDefinition): TableDefinition {
  const schemas = [definition.keySchema, ...definition.indexes.map((index) => index.keySchema)];
  const used = new Set(schemas.flat().map(({ AttributeName }) => AttributeName));
  return {
    ...definition,
    attributes: definition.attributes.filter(({ AttributeName }) => used.has(AttributeName)),
  };
}
