import type { TemporaryCredentials } from "../base/index.ts";
import type { Runtime } from "../runtimes/index.ts";
import type { EnvironmentSpec } from "./interfaces.ts";

export interface VariablesContext {
  readonly spec: EnvironmentSpec;
  readonly runtime: Runtime;
  readonly credentials: TemporaryCredentials;
  readonly logStream: string;
  /** `host:port` as seen inside. */
  readonly runtimeApiAddress: string;
  readonly endpointUrl: string;
  readonly metadataToken: string;
}

/**
 * The variables that a runtime starts with, https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html.
 * The customer's override the platform's defaults but never the reserved ones.
 */
export function runtimeVariables(context: VariablesContext): Record<string, string> {
  const { spec, runtime, credentials } = context;
  return {
    LANG: "en_US.UTF-8",
    TZ: ":UTC",
    AWS_XRAY_CONTEXT_MISSING: "LOG_ERROR",
    AWS_XRAY_DAEMON_ADDRESS: "169.254.100.1:2000",
    AWS_ENDPOINT_URL: context.endpointUrl,
    ...runtime.defaultVariables,
    ...customerVariables(spec.environment),
    _AWS_XRAY_DAEMON_ADDRESS: "169.254.100.1",
    _AWS_XRAY_DAEMON_PORT: "2000",
    _HANDLER: spec.handler,
    AWS_DEFAULT_REGION: spec.region,
    AWS_REGION: spec.region,
    AWS_EXECUTION_ENV: `AWS_Lambda_${spec.runtime}`,
    AWS_LAMBDA_FUNCTION_NAME: spec.functionName,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(spec.memoryMiB),
    AWS_LAMBDA_FUNCTION_VERSION: spec.version,
    AWS_LAMBDA_INITIALIZATION_TYPE: spec.initialization,
    AWS_LAMBDA_LOG_GROUP_NAME: spec.logGroup,
    AWS_LAMBDA_LOG_STREAM_NAME: context.logStream,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_SESSION_TOKEN: credentials.sessionToken,
    AWS_LAMBDA_RUNTIME_API: context.runtimeApiAddress,
    AWS_LAMBDA_METADATA_API: context.runtimeApiAddress,
    AWS_LAMBDA_METADATA_TOKEN: context.metadataToken,
    LAMBDA_TASK_ROOT: "/var/task",
    LAMBDA_RUNTIME_DIR: "/var/runtime",
  };
}

/** Names that start with an underscore are the platform's and dropped. */
function customerVariables(environment: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith("_")));
}
