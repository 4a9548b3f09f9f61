import type { RequestContext } from "../../../wire/index.ts";
import type { TableDefinition } from "../model.ts";
import { choice, flag, type Input, inputNamedTable, member, optional, tableArn } from "../request.ts";
import { type DynamoDb, sayWithoutEffect } from "../service.ts";
import {
  checkAttributesUsed,
  readAttributeDefinitions,
  readBillingMode,
  readIndexes,
  readKeySchema,
  readTags,
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

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateTable.html */
export async function CreateTable(dynamodb: DynamoDb, input: Input, context: RequestContext) {
  const { store, clock, randomness } = dynamodb;
  const table = inputNamedTable(context, input);
  const attributes = readAttributeDefinitions(input);
  const billingMode = readBillingMode(input) ?? "PROVISIONED";
  const throughput = readThroughput(input, billingMode);
  const keySchema = readKeySchema(input, attributes);
  const indexes = readIndexes(input, { attributes, tableKey: keySchema, billingMode });
  checkAttributesUsed(attributes, [keySchema, ...indexes.map((index) => index.keySchema)]);
  refuseAbsent(input, [
    "StreamSpecification",
    "VectorIndexes",
    "ResourcePolicy",
    "GlobalTableSourceArn",
    "GlobalTableSettingsReplicationMode",
  ]);
  const encryption = readEncryption(input, table);
  const now = clock.now();
  const definition: TableDefinition = {
    name: table.name,
    id: randomness.uuid(),
    arn: tableArn(table),
    createdAt: now,
    attributes,
    keySchema,
    billingMode,
    ...(billingMode === "PAY_PER_REQUEST" ? { onDemandSince: now } : {}),
    throughput,
    onDemandThroughput: readOnDemandThroughput(input, billingMode),
    warmThroughput: readWarmThroughput(input, warmThroughput(billingMode, throughput), {
      initial: billingMode,
    }),
    ...(encryption === undefined || encryption === "owned" ? {} : { encryption }),
    ...(member(input, "TableClass") === undefined
      ? {}
      : { tableClass: choice(input, "TableClass", ["STANDARD", "STANDARD_INFREQUENT_ACCESS"], "STANDARD") }),
    deletionProtection: flag(input, "DeletionProtectionEnabled"),
    indexes,
    nextIndexNumber: indexes.length + 1,
    tags: optional(input, "Tags", readTags) ?? [],
  };
  const revision = randomness.uuid();
  await store.write("createTable", { ref: table, revision, definition });
  sayWithoutEffect(dynamodb, definition.arn, input);
  return { TableDescription: describeTable({ definition, revision, totals: {} }, "CREATING") };
}
