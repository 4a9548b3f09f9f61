import type { RequestContext } from "../../../wire/index.ts";
import type { Input } from "../request.ts";
import type { DynamoDb } from "../service.ts";

const CACHE_MINUTES = 1440;

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeEndpoints.html */
export function DescribeEndpoints(_: DynamoDb, __: Input, context: RequestContext) {
  return {
    Endpoints: [{ Address: new URL(context.endpoint).host, CachePeriodInMinutes: CACHE_MINUTES }],
  };
}
