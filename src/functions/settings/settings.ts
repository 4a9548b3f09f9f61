import type { CreateFunctionRequest, UpdateFunctionConfigurationRequest } from "@aws-sdk/client-lambda";
import { functionLimits } from "../../base/index.ts";
import { because, constraintFailure } from "../errors.ts";
import { readEnvironment } from "./environment.ts";
import { checkLayers } from "./layers.ts";
import { defaultLogging, readLogging } from "./logging.ts";
import type { Architecture, FunctionSettings } from "./model.ts";
import { refuseSettings } from "./refused.ts";
import { chooseRuntime, type RuntimeAvailability, takesSnapshots } from "./runtime.ts";

export interface SettingsContext {
  readonly functionName: string;
  readonly region: string;
  readonly runtimes: (identifier: string) => RuntimeAvailability;
}

/** The settings of a new function: what the request says over the service's defaults. */
export function createSettings(input: CreateFunctionRequest, context: SettingsContext): FunctionSettings {
  if (input.Runtime === undefined || input.Handler === undefined) throw because("runtimeAndHandlerMissing");
  if (input.CodeSigningConfigArn !== undefined) {
    throw because("codeSigningConfigMissing", { arn: input.CodeSigningConfigArn });
  }
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
  return applySettings(defaults, input, context);
}

/** `present` with what an update says over it; what the request leaves out stays. */
export function updateSettings(
  present: FunctionSettings,
  input: UpdateFunctionConfigurationRequest,
  context: SettingsContext,
): FunctionSettings {
  return applySettings(present, input, context);
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
  checkLayers(input.Layers ?? [], context.region);
  const runtime = input.Runtime ?? present.runtime;
  const snapStart = input.SnapStart?.ApplyOn ?? present.snapStart;
  if (snapStart === "PublishedVersions" && !takesSnapshots(runtime)) {
    throw because("snapStartRuntime", { runtime });
  }
  return {
    ...present,
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
          vpc: {
            subnetIds: input.VpcConfig.SubnetIds ?? [],
            securityGroupIds: input.VpcConfig.SecurityGroupIds ?? [],
            ipv6AllowedForDualStack: input.VpcConfig.Ipv6AllowedForDualStack ?? false,
          },
        }),
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
export function withoutEffect(settings: FunctionSettings, hostArchitecture: Architecture): string[] {
  return [
    ...(settings.vpc !== undefined && settings.vpc.subnetIds.length > 0 ? ["VpcConfig"] : []),
    ...(settings.tracingMode === "Active" ? ["TracingConfig"] : []),
    ...(settings.snapStart === "PublishedVersions" ? ["SnapStart"] : []),
    ...(settings.logging.format === "JSON" ? ["LoggingConfig.LogFormat"] : []),
    ...(settings.architecture === hostArchitecture ? [] : ["Architectures"]),
  ];
}
