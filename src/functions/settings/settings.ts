import type { CreateFunctionRequest, UpdateFunctionConfigurationRequest } from "@aws-sdk/client-lambda";
import { functionLimits, parseArn } from "../../base/index.ts";
import { because, constraintFailure } from "../errors.ts";
import { optional } from "../optional.ts";
import { readDeadLetterTarget } from "./dead-letter.ts";
import { readDurable } from "./durable.ts";
import { readEnvironment } from "./environment.ts";
import { readLayers } from "./layers.ts";
import { defaultLogging, readLogging } from "./logging.ts";
import type { Architecture, FunctionSettings, LayerReference } from "./model.ts";
import { readVpc } from "./network.ts";
import { refuseSettings } from "./refused.ts";
import { chooseRuntime, type RuntimeAvailability, takesSnapshots } from "./runtime.ts";

export interface SettingsContext {
  readonly functionName: string;
  readonly region: string;
  readonly runtimes: (identifier: string) => RuntimeAvailability;
  /** The layer version of that ARN, if there is one that the caller may use; throws the service's error otherwise. */
  readonly layerVersion: (arn: string) => LayerReference;
}

/** The settings of a new function: what the request says over the service's defaults. */
export function createSettings(input: CreateFunctionRequest, context: SettingsContext): FunctionSettings {
  if (input.Runtime === undefined || input.Handler === undefined) throw because("runtimeAndHandlerMissing");
  const defaults: FunctionSettings = {
    runtime: input.Runtime,
    runtimeVersionArn: "",
    handler: input.Handler,
    roleArn: input.Role ?? "",
    description: "",
    timeoutSeconds: functionLimits.timeoutDefaultSeconds,
    memoryMiB: functionLimits.memoryDefaultMiB,
    ephemeralStorageMiB: functionLimits.ephemeralStorageDefaultMiB,
    architecture: input.Architectures?.[0] ?? "x86_64",
    tracingMode: "PassThrough",
    snapStart: "None",
    logging: defaultLogging(context.functionName),
  };
  const settings: FunctionSettings = {
    ...applySettings(defaults, input, context),
    ...optional("durable", input.DurableConfig && readDurable(input.DurableConfig, undefined)),
    ...optional("tenantIsolation", input.TenancyConfig?.TenantIsolationMode),
    ...optional("sourceKmsKeyArn", input.Code?.SourceKMSKeyArn || undefined),
  };
  if (settings.tenantIsolation !== undefined && settings.snapStart !== "None")
    throw because("tenantsWithSnapStart");
  return settings;
}

/** `present` with what an update says over it; what the request leaves out stays. */
export function updateSettings(
  present: FunctionSettings,
  input: UpdateFunctionConfigurationRequest,
  context: SettingsContext,
): FunctionSettings {
  if (input.DurableConfig !== undefined && present.durable === undefined)
    throw because("durableOnlyAtCreation");
  const settings = applySettings(present, input, context);
  if (settings.tenantIsolation !== undefined && settings.snapStart !== "None")
    throw because("tenantsWithSnapStart");
  return {
    ...settings,
    ...optional("durable", input.DurableConfig && readDurable(input.DurableConfig, present.durable)),
  };
}

function applySettings(
  present: FunctionSettings,
  input: CreateFunctionRequest | UpdateFunctionConfigurationRequest,
  context: SettingsContext,
): FunctionSettings {
  checkAtMost("memorySize", input.MemorySize, functionLimits.memoryMostMiB);
  checkAtMost("timeout", input.Timeout, functionLimits.timeoutMostSeconds);
  const runtimeVersionArn =
    input.Runtime === undefined
      ? present.runtimeVersionArn
      : chooseRuntime(input.Runtime, context.region, context.runtimes);
  refuseSettings(input);
  const runtime = input.Runtime ?? present.runtime;
  const snapStart = input.SnapStart?.ApplyOn ?? present.snapStart;
  if (snapStart === "PublishedVersions" && !takesSnapshots(runtime)) {
    throw because("snapStartRuntime", { runtime });
  }
  const { deadLetterTargetArn, kmsKeyArn, layers, ...kept } = present;
  return {
    ...kept,
    runtime,
    runtimeVersionArn,
    snapStart,
    handler: input.Handler ?? present.handler,
    roleArn: input.Role ?? present.roleArn,
    description: input.Description ?? present.description,
    timeoutSeconds: input.Timeout ?? present.timeoutSeconds,
    memoryMiB: input.MemorySize ?? present.memoryMiB,
    ephemeralStorageMiB: input.EphemeralStorage?.Size ?? present.ephemeralStorageMiB,
    tracingMode: input.TracingConfig?.Mode ?? present.tracingMode,
    logging:
      input.LoggingConfig === undefined ? present.logging : readLogging(input.LoggingConfig, present.logging),
    ...(input.Environment === undefined ? {} : { environment: readEnvironment(input.Environment) }),
    ...(input.VpcConfig === undefined
      ? {}
      : {
          vpc: readVpc(input.VpcConfig, present.vpc),
        }),
    ...optional(
      "deadLetterTargetArn",
      readDeadLetterTarget(input.DeadLetterConfig ?? {}, deadLetterTargetArn, context.region),
    ),
    ...optional("kmsKeyArn", input.KMSKeyArn === undefined ? kmsKeyArn : input.KMSKeyArn || undefined),
    ...optional("layers", input.Layers === undefined ? layers : readLayers(input.Layers, context)),
  };
}

/** The model allows more than the service does for functions without a capacity provider. */
function checkAtMost(member: string, value: number | undefined, most: number): void {
  if (value !== undefined && value > most) {
    const constraint = `Member must have value less than or equal to ${most}`;
    throw because("validation", { failure: constraintFailure(member, value, constraint) });
  }
}

/** Settings that are kept and shown but do nothing here, for the log; docs/LIMITS.md lists the same names. */
export function withoutEffect(
  settings: FunctionSettings,
  host: {
    readonly architecture: Architecture;
    /** Services, as ARNs name them, that take what invocations leave. */
    readonly destinations: ReadonlySet<string>;
  },
): string[] {
  const deadLetters = parseArn(settings.deadLetterTargetArn ?? "")?.service;
  return [
    ...(settings.vpc !== undefined && settings.vpc.subnetIds.length > 0 ? ["VpcConfig"] : []),
    ...(settings.tracingMode === "Active" ? ["TracingConfig"] : []),
    ...(deadLetters === undefined || host.destinations.has(deadLetters) ? [] : ["DeadLetterConfig"]),
    ...(settings.durable?.kmsKeyArn === undefined ? [] : ["DurableConfig.KMSKeyArn"]),
    ...(settings.kmsKeyArn === undefined ? [] : ["KMSKeyArn"]),
    ...(settings.sourceKmsKeyArn === undefined ? [] : ["SourceKMSKeyArn"]),
    ...(settings.architecture === host.architecture ? [] : ["Architectures"]),
  ];
}
