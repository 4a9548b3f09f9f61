import type { RequestContext } from "../../../wire/index.ts";
import { type Input, inputNamedTable } from "../request.ts";
import type { DynamoDb } from "../service.ts";

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeTimeToLive.html */
export async function DescribeTimeToLive({ store }: DynamoDb, input: Input, context: RequestContext) {
  await store.read("describeTable", { table: inputNamedTable(context, input) });
  return { TimeToLiveDescription: { TimeToLiveStatus: "DISABLED" } };
}
