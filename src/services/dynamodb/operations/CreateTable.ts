import type { RequestContext } from "../../../wire/index.ts";
import type { TableDefinition } from "../model.ts";
import { choice, flag, type Input, inputNamedTable, member, optional, tableArn } from "../request.ts";
import type { DynamoDb } from "../service.ts";
import {
  checkAttributesUsed,
  readAttributeDefinitions,
  readBillingMode,
  readIndexes,
  readKeySchema,
  readOnDemandThroughput,
  readTags,
  readThroughput,
  refuseAbsent,
} from "../table-definition.ts";
import { describeTable } from "../table-description.ts";

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateTable.html */
export async function CreateTable(
  { store, clock, randomness }: DynamoDb,
  input: Input,
  context: RequestContext,
) {
  const table = inputNamedTable(context, input);
  const attributes = readAttributeDefinitions(input);
  const billingMode = readBillingMode(input) ?? "PROVISIONED";
  const throughput = readThroughput(input, billingMode);
  const keySchema = readKeySchema(input, attributes);
  const indexes = readIndexes(input, { attributes, tableKey: keySchema, billingMode });
  checkAttributesUsed(attributes, [keySchema, ...indexes.map((index) => index.keySchema)]);
  refuseAbsent(input, ["StreamSpecification", "VectorIndexes", "ResourcePolicy", "GlobalTableSourceArn"]);
  const onDemandThroughput = readOnDemandThroughput(input);
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
    ...(onDemandThroughput === undefined ? {} : { onDemandThroughput }),
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
  return { TableDescription: describeTable({ definition, revision, totals: {} }, "CREATING") };
}
