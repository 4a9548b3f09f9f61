import type { IndexDefinition, TableDefinition, Throughput } from "./model.ts";
import type { TableState } from "./store/change-tables.ts";
import type { Totals } from "./store/tables.ts";

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
    WarmThroughput: { ...warmThroughput(definition.billingMode, index.throughput), Status: "ACTIVE" },
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
    ...(definition.tableClass === undefined
      ? {}
      : {
          TableClassSummary: {
            TableClass: definition.tableClass,
            LastUpdateDateTime: (definition.tableClassSince ?? definition.createdAt) / 1000,
          },
        }),
    DeletionProtectionEnabled: definition.deletionProtection,
    WarmThroughput: { ...warmThroughput(definition.billingMode, definition.throughput), Status: "ACTIVE" },
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

/** What a new on-demand table can take at once, https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/warm-throughput.html */
const ON_DEMAND_WARM = { ReadUnitsPerSecond: 12_000, WriteUnitsPerSecond: 4_000 };

function warmThroughput(mode: TableDefinition["billingMode"], throughput: Throughput | undefined) {
  if (mode === "PAY_PER_REQUEST" || throughput === undefined) return ON_DEMAND_WARM;
  return { ReadUnitsPerSecond: throughput.read, WriteUnitsPerSecond: throughput.write };
}
