import type { DescribeLogGroupsRequest, DescribeLogGroupsResponse } from "@aws-sdk/client-cloudwatch-logs";
import { encodePageToken } from "../../../base/index.ts";
import type { RequestContext } from "../../../wire/index.ts";
import { fail } from "../errors.ts";
import { groupArn, groupClassOf, groupOf, type Logs, parseListToken, scopeOf } from "../model.ts";

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
  const names = namedGroups(input, context);
  const limit = input.limit ?? PAGE_ITEMS_DEFAULT;
  const scope = scopeOf(context);
  const rows = await (await logs.current()).read("groups", {
    ...scope,
    after: parseListToken(input.nextToken),
    prefix: input.logGroupNamePrefix ?? "",
    contains: input.logGroupNamePattern ?? "",
    class: groupClassOf(input),
    names,
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
        logGroupClass: row.class,
        logGroupArn: arn,
        deletionProtectionEnabled: row.deletion_protected === 1,
        ...(row.kms_key_id === null ? {} : { kmsKeyId: row.kms_key_id }),
        ...(row.retention_days === null ? {} : { retentionInDays: row.retention_days }),
      };
    }),
    ...(rows.length > limit && last !== undefined ? { nextToken: encodePageToken(last.name) } : {}),
  };
}

/**
 * The names that a list is restricted to. Accounts are never linked here, so that what is asked of others is empty.
 */
function namedGroups(input: DescribeLogGroupsRequest, context: RequestContext): string[] | undefined {
  const { accountIdentifiers, includeLinkedAccounts, logGroupIdentifiers } = input;
  if (accountIdentifiers !== undefined && accountIdentifiers.length > 0) {
    if (includeLinkedAccounts !== true) {
      throw fail("InvalidParameterException", {
        with: "accountIdentifiers can be specified only if includeLinkedAccounts is true.",
      });
    }
    if (!accountIdentifiers.includes(context.account)) return [];
  }
  if (logGroupIdentifiers === undefined) return undefined;
  const { logGroupNamePrefix, logGroupNamePattern, logGroupClass } = input;
  if ((logGroupNamePrefix ?? logGroupNamePattern ?? logGroupClass) !== undefined) {
    throw fail("InvalidParameterException", {
      with: "logGroupIdentifiers can be combined with includeLinkedAccounts only.",
    });
  }
  return logGroupIdentifiers.map((logGroupIdentifier) => groupOf(context, { logGroupIdentifier }).group);
}
