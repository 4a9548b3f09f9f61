import type { DurableConfig } from "@aws-sdk/client-lambda";
import { functionLimits } from "../../base/index.ts";
import { because } from "../errors.ts";
import { optional } from "../optional.ts";
import type { DurableSettings } from "./model.ts";

/**
 * The settings of a durable function. Whether a function is durable is decided when it is created; an update may only
 * change the settings of one that is.
 * https://docs.aws.amazon.com/lambda/latest/dg/durable-functions.html
 */
export function readDurable(input: DurableConfig, present: DurableSettings | undefined): DurableSettings {
  const executionTimeoutSeconds = input.ExecutionTimeout ?? present?.executionTimeoutSeconds;
  if (executionTimeoutSeconds === undefined) {
    const failure =
      "Value null at 'durableConfig.executionTimeout' failed to satisfy constraint: Member must not be null";
    throw because("validation", { failure });
  }
  return {
    executionTimeoutSeconds,
    retentionDays:
      input.RetentionPeriodInDays ?? present?.retentionDays ?? functionLimits.durableRetentionDefaultDays,
    ...optional(
      "kmsKeyArn",
      input.KMSKeyArn === undefined ? present?.kmsKeyArn : input.KMSKeyArn || undefined,
    ),
  };
}
