import type { RequestContext } from "../../../wire/index.ts";
import { type Input, inputNamedTable } from "../request.ts";
import type { DynamoDb } from "../service.ts";

/**
 * Terraform asks for it after it has created a table.
 * https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeContinuousBackups.html
 */
export async function DescribeContinuousBackups({ store }: DynamoDb, input: Input, context: RequestContext) {
  await store.read("describeTable", { table: inputNamedTable(context, input) });
  return {
    ContinuousBackupsDescription: {
      ContinuousBackupsStatus: "DISABLED",
      PointInTimeRecoveryDescription: { PointInTimeRecoveryStatus: "DISABLED" },
    },
  };
}
