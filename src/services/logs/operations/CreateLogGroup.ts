import type { CreateLogGroupRequest } from "@aws-sdk/client-cloudwatch-logs";
import type { RequestContext } from "../../../wire/index.ts";
import { groupClassOf, groupOf, keyOf, type Logs, sayWithoutEffect } from "../model.ts";

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html */
export async function CreateLogGroup(
  logs: Logs,
  input: CreateLogGroupRequest,
  context: RequestContext,
): Promise<Record<string, never>> {
  const group = groupOf(context, input);
  const { kmsKeyId } = input;
  const logGroupClass = groupClassOf(input) ?? "STANDARD";
  const store = await logs.current();
  await store.write("createGroup", {
    ...group,
    now: logs.clock.now(),
    settings: {
      tags: input.tags ?? {},
      class: logGroupClass,
      kmsKeyId: kmsKeyId === undefined ? undefined : keyOf(context, kmsKeyId),
      deletionProtected: input.deletionProtectionEnabled ?? false,
    },
  });
  sayWithoutEffect(logs, group, [
    ...(kmsKeyId === undefined ? [] : ["kmsKeyId"]),
    ...(logGroupClass === "STANDARD" ? [] : ["logGroupClass"]),
  ]);
  return {};
}
