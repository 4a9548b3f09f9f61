import type { TemporaryCredentials } from "../base/index.ts";
import type { Runtime } from "../runtimes/index.ts";
import type { EnvironmentSpec } from "./interfaces.ts";
import { CREDENTIALS_PATH } from "./runtime-api/credentials.ts";

export interface VariablesContext {
  readonly spec: EnvironmentSpec;
  readonly runtime: Runtime;
  readonly credentials: TemporaryCredentials;
  readonly logStream: string;
  /** `host:port` as seen inside. */
  readonly runtimeApiAddress: string;
  readonly endpointUrl: string;
  readonly metadataToken: string;
  /** Of a function that a debugger may attach to. */
  readonly debugPort?: number;
  /** For environments whose credentials are asked for instead of given at the start. */
  readonly credentialsToken?: string;
}

/**
 * The variables that a runtime starts with, https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html.
 * The customer's override the platform's defaults but never the reserved ones.
 */
export function runtimeVariables(context: VariablesContext): Record<string, string> {
  const { spec, runtime } = context;
  return {
    AWS_XRAY_CONTEXT_MISSING: "LOG_ERROR",
    AWS_XRAY_DAEMON_ADDRESS: "169.254.100.1:2000",
    AWS_ENDPOINT_URL: context.endpointUrl,
    ...defaultVariables(runtime),
    ...customerVariables(spec.environment),
    _AWS_XRAY_DAEMON_ADDRESS: "169.254.100.1",
    _AWS_XRAY_DAEMON_PORT: "2000",
    _HANDLER: spec.handler,
    AWS_DEFAULT_REGION: spec.region,
    AWS_REGION: spec.region,
    ...(runtime.executionEnvironment === undefined
      ? {}
      : { AWS_EXECUTION_ENV: runtime.executionEnvironment }),
    AWS_LAMBDA_FUNCTION_NAME: spec.functionName,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(spec.memoryMiB),
    AWS_LAMBDA_FUNCTION_VERSION: spec.version,
    AWS_LAMBDA_INITIALIZATION_TYPE: spec.initialization,
    ...(spec.initialization === "snap-start"
      ? {}
      : { AWS_LAMBDA_LOG_GROUP_NAME: spec.logGroup, AWS_LAMBDA_LOG_STREAM_NAME: context.logStream }),
    ...(runtime.framedLogs ? { _LAMBDA_TELEMETRY_LOG_FD: "3" } : {}),
    ...logVariables(spec),
    ...credentialVariables(context),
    AWS_LAMBDA_RUNTIME_API: context.runtimeApiAddress,
    AWS_LAMBDA_METADATA_API: context.runtimeApiAddress,
    AWS_LAMBDA_METADATA_TOKEN: context.metadataToken,
    LAMBDA_TASK_ROOT: "/var/task",
    LAMBDA_RUNTIME_DIR: "/var/runtime",
  };
}

/** What every function of a runtime starts with unless it says otherwise. */
export function defaultVariables(runtime: Pick<Runtime, "defaultVariables">): Record<string, string> {
  return { LANG: "en_US.UTF-8", TZ: ":UTC", ...runtime.defaultVariables };
}

/** What a runtime starts with that is to wait for its function: it is of that runtime, and nobody's yet. */
export function waitingVariables(
  runtime: Pick<Runtime, "defaultVariables" | "executionEnvironment">,
): Record<string, string> {
  const { executionEnvironment } = runtime;
  return {
    ...defaultVariables(runtime),
    ...(executionEnvironment === undefined ? {} : { AWS_EXECUTION_ENV: executionEnvironment }),
    _LAMBKIN_WAIT: "1",
  };
}

/** What extensions don't get of the runtime's variables, besides all names that start with an underscore. */
const RUNTIME_ONLY = new Set([
  "AWS_EXECUTION_ENV",
  "AWS_LAMBDA_LOG_GROUP_NAME",
  "AWS_LAMBDA_LOG_STREAM_NAME",
  "LAMBDA_TASK_ROOT",
  "LAMBDA_RUNTIME_DIR",
  "AWS_XRAY_CONTEXT_MISSING",
  "AWS_XRAY_DAEMON_ADDRESS",
]);

/** The variables of extensions, out of those of the runtime. */
export function extensionVariables(variables: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(variables).filter(([name]) => !name.startsWith("_") && !RUNTIME_ONLY.has(name)),
  );
}

/** Runtimes write the format that they are told here. */
function logVariables(spec: EnvironmentSpec): Record<string, string> {
  if (spec.logFormat !== "JSON") return {};
  return { AWS_LAMBDA_LOG_FORMAT: "JSON", AWS_LAMBDA_LOG_LEVEL: spec.applicationLogLevel ?? "INFO" };
}

function credentialVariables(context: VariablesContext): Record<string, string> {
  const { credentials, credentialsToken, runtimeApiAddress } = context;
  if (credentialsToken !== undefined) {
    return {
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `http://${runtimeApiAddress}${CREDENTIALS_PATH}`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN: credentialsToken,
    };
  }
  return {
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_SESSION_TOKEN: credentials.sessionToken,
  };
}

/** Names that start with an underscore are the platform's and dropped. */
export function customerVariables(environment: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith("_")));
}
