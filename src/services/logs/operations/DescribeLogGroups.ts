import type { DescribeLogGroupsRequest, DescribeLogGroupsResponse } from "@aws-sdk/client-cloudwatch-logs";
import { encodePageToken } from "../../../base/index.ts";
import type { RequestContext } from "../../../wire/index.ts";
import { fail } from "../errors.ts";
import { groupArn, type Logs, parseListToken, scopeOf } from "../model.ts";

const PAGE_ITEMS_DEFAULT = 50;

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogGroups.html */
export async function DescribeLogGroups(
  logs: Logs,
  input: DescribeLogGroupsRequest,
  context: RequestContext,
): Promise<DescribeLogGroupsResponse> {
  if (input.logGroupNamePrefix !== undefined && input.logGroupNamePattern !== undefined) {
    throw fail("InvalidParameterException", {
      with: "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.",
    });
  }
  const limit = input.limit ?? PAGE_ITEMS_DEFAULT;
  const scope = scopeOf(context);
  const rows = await (await logs.current()).read("groups", {
    ...scope,
    after: parseListToken(input.nextToken),
    prefix: input.logGroupNamePrefix ?? "",
    contains: input.logGroupNamePattern ?? "",
    limit: limit + 1,
  });
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return {
    logGroups: page.map((row) => {
      const arn = groupArn({ ...scope, group: row.name });
      return {
        logGroupName: row.name,
        creationTime: row.created_at,
        metricFilterCount: 0,
        arn: `${arn}:*`,
        storedBytes: 0,
        logGroupClass: "STANDARD" as const,
        logGroupArn: arn,
        ...(row.retention_days === null ? {} : { retentionInDays: row.retention_days }),
      };
    }),
    ...(rows.length > limit && last !== undefined ? { nextToken: encodePageToken(last.name) } : {}),
  };
}
