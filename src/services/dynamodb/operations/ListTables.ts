import { dynamodbLimits } from "../../../base/index.ts";
import type { RequestContext } from "../../../wire/index.ts";
import { checkName, constraint, type Input, optional, positiveInteger } from "../request.ts";
import type { DynamoDb } from "../service.ts";
import { requireString } from "../values/attribute-value.ts";

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ListTables.html */
export async function ListTables({ store }: DynamoDb, input: Input, context: RequestContext) {
  const limit = positiveInteger(input, "Limit") ?? dynamodbLimits.listTablesPage;
  if (limit > dynamodbLimits.listTablesPage) {
    throw constraint(
      `'${limit}'`,
      "limit",
      `Member must have value less than or equal to ${dynamodbLimits.listTablesPage}`,
    );
  }
  const start = optional(input, "ExclusiveStartTableName", requireString);
  const names = await store.read("listTables", {
    account: context.account,
    region: context.region,
    after: start === undefined ? "" : checkName(start, "exclusiveStartTableName"),
    limit: limit + 1,
  });
  const page = names.slice(0, limit);
  return {
    TableNames: page,
    ...(names.length > limit ? { LastEvaluatedTableName: page.at(-1) } : {}),
  };
}
