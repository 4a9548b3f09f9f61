import type { DeadLetterConfig } from "@aws-sdk/client-lambda";
import { parseArn } from "../../base/index.ts";
import { because } from "../errors.ts";

/**
 * The ARN of the queue or topic. Only an empty one takes the present away, no ARN at all leaves it.
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html#invocation-dlq
 */
export function readDeadLetterTarget(
  input: DeadLetterConfig,
  present: string | undefined,
  region: string,
): string | undefined {
  const arn = input.TargetArn;
  if (arn === undefined) return present;
  if (arn === "") return undefined;
  const target = parseArn(arn);
  if (target === undefined || !["sqs", "sns"].includes(target.service) || target.resource === "") {
    throw because("badDeadLetterTarget", { arn });
  }
  if (target.region !== region) throw because("deadLetterRegion", { arn, region });
  return arn;
}
