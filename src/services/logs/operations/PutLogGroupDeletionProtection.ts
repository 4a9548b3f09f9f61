import type { PutLogGroupDeletionProtectionRequest } from "@aws-sdk/client-cloudwatch-logs";
import type { RequestContext } from "../../../wire/index.ts";
import { groupOf, type Logs } from "../model.ts";

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogGroupDeletionProtection.html */
export async function PutLogGroupDeletionProtection(
  logs: Logs,
  { logGroupIdentifier, deletionProtectionEnabled }: PutLogGroupDeletionProtectionRequest,
  context: RequestContext,
): Promise<Record<string, never>> {
  await (await logs.current()).write("setDeletionProtection", {
    ...groupOf(context, { logGroupIdentifier }),
    enabled: deletionProtectionEnabled ?? false,
  });
  return {};
}
