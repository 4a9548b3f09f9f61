import type {
  DescribeLogStreamsRequest,
  DescribeLogStreamsResponse,
  LogStream,
} from "@aws-sdk/client-cloudwatch-logs";
import { encodePageToken } from "../../../base/index.ts";
import type { RequestContext } from "../../../wire/index.ts";
import { fail } from "../errors.ts";
import { groupArn, groupOf, type Logs, parseListToken } from "../model.ts";

const PAGE_ITEMS_DEFAULT = 50;

/** Sequence tokens have not been checked by AWS since 2023; clients of before still expect one. */
const SEQUENCE_TOKEN = "49039859592440123456789012345678901234567890123456789012";

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogStreams.html */
export async function DescribeLogStreams(
  logs: Logs,
  input: DescribeLogStreamsRequest,
  context: RequestContext,
): Promise<DescribeLogStreamsResponse> {
  const byLastEvent = input.orderBy === "LastEventTime";
  if (byLastEvent && input.logStreamNamePrefix !== undefined) {
    throw fail("InvalidParameterException", {
      with: "Cannot order by LastEventTime with a logStreamNamePrefix.",
    });
  }
  const at = groupOf(context, input);
  const limit = input.limit ?? PAGE_ITEMS_DEFAULT;
  const offset = Number(parseListToken(input.nextToken));
  if (!Number.isSafeInteger(offset) || offset < 0) {
    throw fail("InvalidParameterException", { with: "The specified nextToken is invalid." });
  }
  const rows = await (await logs.current()).read("streams", {
    ...at,
    prefix: input.logStreamNamePrefix ?? "",
    byLastEvent,
    descending: input.descending ?? false,
    offset,
    limit: limit + 1,
  });
  return {
    logStreams: rows.slice(0, limit).map(
      (row): LogStream => ({
        logStreamName: row.name,
        creationTime: row.created_at,
        ...(row.first_event_at === null ? {} : { firstEventTimestamp: row.first_event_at }),
        ...(row.last_event_at === null ? {} : { lastEventTimestamp: row.last_event_at }),
        ...(row.last_ingested_at === null
          ? {}
          : { lastIngestionTime: row.last_ingested_at, uploadSequenceToken: SEQUENCE_TOKEN }),
        arn: `${groupArn(at)}:log-stream:${row.name}`,
        storedBytes: 0,
      }),
    ),
    ...(rows.length > limit ? { nextToken: encodePageToken(String(offset + limit)) } : {}),
  };
}
