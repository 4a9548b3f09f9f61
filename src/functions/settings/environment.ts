import type { Environment } from "@aws-sdk/client-lambda";
import { functionLimits } from "../../base/index.ts";
import { because } from "../errors.ts";

/** https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime */
const RESERVED: ReadonlySet<string> = new Set([
  "_HANDLER",
  "_X_AMZN_TRACE_ID",
  "AWS_ACCESS_KEY",
  "AWS_ACCESS_KEY_ID",
  "AWS_DEFAULT_REGION",
  "AWS_EXECUTION_ENV",
  "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
  "AWS_LAMBDA_FUNCTION_NAME",
  "AWS_LAMBDA_FUNCTION_VERSION",
  "AWS_LAMBDA_INITIALIZATION_TYPE",
  "AWS_LAMBDA_LOG_GROUP_NAME",
  "AWS_LAMBDA_LOG_STREAM_NAME",
  "AWS_LAMBDA_RUNTIME_API",
  "AWS_REGION",
  "AWS_SECRET_ACCESS_KEY",
  "AWS_SESSION_TOKEN",
  "LAMBDA_RUNTIME_DIR",
  "LAMBDA_TASK_ROOT",
]);

/** The variables that a request sets. Their size is that of the object that holds them, as compact JSON. */
export function readEnvironment(input: Environment): Readonly<Record<string, string>> {
  const variables = input.Variables ?? {};
  const reserved = Object.keys(variables).filter((name) => RESERVED.has(name));
  if (reserved.length > 0) throw because("reservedVariables", { names: reserved.join(", ") });
  const measured = JSON.stringify(variables);
  if (Buffer.byteLength(measured) > functionLimits.environmentBytes) {
    throw because("environmentTooLarge", { measured });
  }
  return variables;
}
