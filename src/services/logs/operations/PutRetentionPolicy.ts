import type { PutRetentionPolicyRequest } from "@aws-sdk/client-cloudwatch-logs";
import type { RequestContext } from "../../../wire/index.ts";
import { fail } from "../errors.ts";
import { groupOf, type Logs } from "../model.ts";

const DAYS: readonly number[] = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html */
export async function PutRetentionPolicy(
  logs: Logs,
  input: PutRetentionPolicyRequest,
  context: RequestContext,
): Promise<Record<string, never>> {
  const days = input.retentionInDays ?? 0;
  if (!DAYS.includes(days)) {
    throw fail("InvalidParameterException", {
      with: `1 validation error detected: Value '${days}' at 'retentionInDays' failed to satisfy constraint: Member must satisfy enum value set: [${DAYS.join(", ")}]`,
    });
  }
  await (await logs.current()).write("setRetention", { ...groupOf(context, input), days });
  return {};
}
