import type { IndexDefinition, TableDefinition, Throughput } from "./model.ts";
import type { TableState } from "./store/change-tables.ts";
import type { Totals } from "./store/tables.ts";
import { warmThroughput } from "./table-settings.ts";

export type TableStatus = "CREATING" | "UPDATING" | "DELETING" | "ACTIVE";

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TableDescription.html */
export function describeTable({ definition, totals }: TableState, status?: TableStatus) {
  const { name, arn } = definition;
  const indexes = (kind: IndexDefinition["kind"]) =>
    definition.indexes.filter((index) => index.kind === kind);
  const local = indexes("local").map((index) => describeIndex(index, arn, totals[index.number]));
  const global = indexes("global").map((index) => ({
    ...describeIndex(index, arn, totals[index.number]),
    IndexStatus: status === "CREATING" || status === "DELETING" ? status : index.status,
    ...(index.status === "CREATING" ? { Backfilling: true } : {}),
    ProvisionedThroughput: describeThroughput(index.throughput ?? { read: 0, write: 0 }),
    ...(index.onDemandThroughput === undefined ? {} : { OnDemandThroughput: index.onDemandThroughput }),
    WarmThroughput: describeWarmThroughput(definition.billingMode, index),
  }));
  const filling = definition.indexes.some((index) => index.status === "CREATING");
  return {
    AttributeDefinitions: definition.attributes,
    TableName: name,
    KeySchema: definition.keySchema,
    TableStatus: status ?? (filling ? "UPDATING" : "ACTIVE"),
    CreationDateTime: definition.createdAt / 1000,
    ProvisionedThroughput: describeThroughput(definition.throughput),
    TableSizeBytes: totals[0]?.bytes ?? 0,
    ItemCount: totals[0]?.items ?? 0,
    TableArn: arn,
    TableId: definition.id,
    ...(definition.onDemandSince === undefined
      ? {}
      : {
          BillingModeSummary: {
            BillingMode: definition.billingMode,
            LastUpdateToPayPerRequestDateTime: definition.onDemandSince / 1000,
          },
        }),
    ...(local.length === 0 ? {} : { LocalSecondaryIndexes: local }),
    ...(global.length === 0 ? {} : { GlobalSecondaryIndexes: global }),
    ...(definition.onDemandThroughput === undefined
      ? {}
      : { OnDemandThroughput: definition.onDemandThroughput }),
    ...(definition.encryption === undefined
      ? {}
      : {
          SSEDescription: {
            Status: "ENABLED",
            SSEType: "KMS",
            KMSMasterKeyArn: definition.encryption.keyArn,
          },
        }),
    ...(definition.tableClass === undefined
      ? {}
      : {
          TableClassSummary: {
            TableClass: definition.tableClass,
            LastUpdateDateTime: (definition.tableClassSince ?? definition.createdAt) / 1000,
          },
        }),
    DeletionProtectionEnabled: definition.deletionProtection,
    WarmThroughput: describeWarmThroughput(definition.billingMode, definition),
  };
}

function describeIndex(index: IndexDefinition, table: string, totals: Totals | undefined) {
  return {
    IndexName: index.name,
    KeySchema: index.keySchema,
    Projection: index.projection,
    IndexSizeBytes: totals?.bytes ?? 0,
    ItemCount: totals?.items ?? 0,
    IndexArn: `${table}/index/${index.name}`,
  };
}

function describeThroughput({ read, write, increasedAt, decreasedAt }: Throughput) {
  return {
    ...(increasedAt === undefined ? {} : { LastIncreaseDateTime: increasedAt / 1000 }),
    ...(decreasedAt === undefined ? {} : { LastDecreaseDateTime: decreasedAt / 1000 }),
    NumberOfDecreasesToday: 0,
    ReadCapacityUnits: read,
    WriteCapacityUnits: write,
  };
}

function describeWarmThroughput(
  mode: TableDefinition["billingMode"],
  { throughput, warmThroughput: kept }: Pick<IndexDefinition, "throughput" | "warmThroughput">,
) {
  const { read, write } = warmThroughput(mode, throughput, kept);
  return { ReadUnitsPerSecond: read, WriteUnitsPerSecond: write, Status: "ACTIVE" };
}
