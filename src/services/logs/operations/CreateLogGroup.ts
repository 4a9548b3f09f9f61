import type { CreateLogGroupRequest } from "@aws-sdk/client-cloudwatch-logs";
import type { RequestContext } from "../../../wire/index.ts";
import { groupOf, type Logs } from "../model.ts";

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html */
export async function CreateLogGroup(
  logs: Logs,
  input: CreateLogGroupRequest,
  context: RequestContext,
): Promise<Record<string, never>> {
  const store = await logs.current();
  await store.write("createGroup", {
    ...groupOf(context, input),
    now: logs.clock.now(),
    tags: input.tags ?? {},
  });
  return {};
}
