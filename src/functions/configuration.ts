import { createHash } from "node:crypto";
import type { FunctionConfiguration, VpcConfigResponse } from "@aws-sdk/client-lambda";
import type { Deployment, Latest, PublishedVersion, Reason, VersionReference } from "./document.ts";
import type { FunctionEntry } from "./entry.ts";
import { qualified } from "./names.ts";
import { optional } from "./optional.ts";
import type { DurableSettings, FunctionSettings, VpcSettings } from "./settings/model.ts";

/** A version with what changes of it: what the API shows as one configuration. */
export type ShownVersion =
  | { readonly version: "$LATEST"; readonly record: Latest }
  | { readonly version: string; readonly record: PublishedVersion; readonly reference: VersionReference };

/** FunctionConfiguration; `qualifier` is the one that the request had, and ends the ARN. */
export function describeVersion(
  entry: FunctionEntry,
  shown: ShownVersion,
  qualifier: string | undefined,
): FunctionConfiguration {
  return {
    ...describeForList(entry, shown, qualifier),
    ...("reference" in shown ? versionState(shown.reference) : latestState(shown.record)),
    RuntimeVersionConfig: { RuntimeVersionArn: shown.record.settings.runtimeVersionArn },
  };
}

/** The shorter form of lists: neither state nor runtime version. */
export function describeForList(
  entry: FunctionEntry,
  shown: ShownVersion,
  qualifier: string | undefined,
): FunctionConfiguration {
  return {
    FunctionName: entry.name,
    FunctionArn: qualified(entry.arn, qualifier),
    Version: shown.version,
    RevisionId: shown.record.revisionId,
    LastModified: formatTime(shown.record.lastModified),
    ...describeDeployment(shown.record),
    SnapStart: describeSnapStart(shown),
  };
}

function describeDeployment({ code, settings }: Deployment): FunctionConfiguration {
  return {
    Runtime: settings.runtime as NonNullable<FunctionConfiguration["Runtime"]>,
    Role: settings.roleArn,
    Handler: settings.handler,
    CodeSize: code.sizeBytes,
    CodeSha256: Buffer.from(code.sha256, "hex").toString("base64"),
    Description: settings.description,
    Timeout: settings.timeoutSeconds,
    MemorySize: settings.memoryMiB,
    PackageType: "Zip",
    Architectures: [settings.architecture],
    EphemeralStorage: { Size: settings.ephemeralStorageMiB },
    TracingConfig: { Mode: settings.tracingMode },
    LoggingConfig: describeLogging(settings),
    ...(settings.environment === undefined
      ? {}
      : { Environment: { Variables: { ...settings.environment } } }),
    ...(settings.vpc === undefined ? {} : { VpcConfig: describeVpc(settings.vpc) }),
    ...optional(
      "DeadLetterConfig",
      settings.deadLetterTargetArn === undefined ? undefined : { TargetArn: settings.deadLetterTargetArn },
    ),
    ...optional("KMSKeyArn", settings.kmsKeyArn),
    ...optional(
      "Layers",
      settings.layers?.map(({ arn, sizeBytes }) => ({ Arn: arn, CodeSize: sizeBytes })),
    ),
    ...optional("DurableConfig", settings.durable && describeDurable(settings.durable)),
    ...optional(
      "TenancyConfig",
      settings.tenantIsolation && { TenantIsolationMode: settings.tenantIsolation },
    ),
  };
}

/** Published versions alone have snapshots, and once they are Active. */
function describeSnapStart(shown: ShownVersion): NonNullable<FunctionConfiguration["SnapStart"]> {
  const { snapStart } = shown.record.settings;
  const on = snapStart === "PublishedVersions" && "reference" in shown && shown.reference.state === "Active";
  return { ApplyOn: snapStart, OptimizationStatus: on ? "On" : "Off" };
}

function describeLogging({ logging }: FunctionSettings): NonNullable<FunctionConfiguration["LoggingConfig"]> {
  return {
    LogFormat: logging.format,
    ...(logging.applicationLevel === undefined
      ? {}
      : { ApplicationLogLevel: logging.applicationLevel as "INFO" }),
    ...(logging.systemLevel === undefined ? {} : { SystemLogLevel: logging.systemLevel as "INFO" }),
    LogGroup: logging.group,
  };
}

function describeDurable(durable: DurableSettings): NonNullable<FunctionConfiguration["DurableConfig"]> {
  return {
    ExecutionTimeout: durable.executionTimeoutSeconds,
    RetentionPeriodInDays: durable.retentionDays,
    ...optional("KMSKeyArn", durable.kmsKeyArn),
  };
}

/** No network stands behind it, but tools expect the same id for the same subnets. */
function describeVpc(vpc: VpcSettings): VpcConfigResponse {
  const subnets = [...vpc.subnetIds].sort().join(",");
  return {
    SubnetIds: [...vpc.subnetIds],
    SecurityGroupIds: [...vpc.securityGroupIds],
    VpcId: subnets === "" ? "" : `vpc-${createHash("sha256").update(subnets).digest("hex").slice(0, 17)}`,
    Ipv6AllowedForDualStack: vpc.ipv6AllowedForDualStack,
  };
}

function latestState(latest: Latest): FunctionConfiguration {
  return {
    ...stateMembers(latest.state, latest.stateReason),
    ...(latest.update === undefined ? {} : { LastUpdateStatus: latest.update }),
    ...(latest.updateReason === undefined
      ? {}
      : {
          LastUpdateStatusReason: latest.updateReason.text,
          LastUpdateStatusReasonCode: latest.updateReason.code as "InternalError",
        }),
  };
}

function versionState(reference: VersionReference): FunctionConfiguration {
  return {
    ...stateMembers(reference.state, reference.stateReason),
    ...(reference.state === "Active" ? { LastUpdateStatus: "Successful" } : {}),
  };
}

function stateMembers(state: Latest["state"], reason: Reason | undefined): FunctionConfiguration {
  return {
    State: state,
    ...(reason === undefined
      ? {}
      : { StateReason: reason.text, StateReasonCode: reason.code as "InternalError" }),
  };
}

/** `2025-11-25T02:26:54.123+0000` */
export function formatTime(epochMs: number): string {
  return new Date(epochMs).toISOString().replace("Z", "+0000");
}
