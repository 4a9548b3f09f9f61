import type {
  CreateEventSourceMappingRequest,
  UpdateEventSourceMappingRequest,
} from "@aws-sdk/client-lambda";
import { type EventSourceKind, functionLimits, parseArn } from "../../base/index.ts";
import { because, constraintFailure } from "../errors.ts";
import type { MappingSettings } from "./document.ts";
import { demandFilterPattern } from "./filter-pattern.ts";
import { takesMember, traitsOf } from "./sources.ts";

const MEMBERS = [
  "AmazonManagedKafkaEventSourceConfig",
  "BatchSize",
  "BisectBatchOnFunctionError",
  "DestinationConfig",
  "DocumentDBEventSourceConfig",
  "EventSourceArn",
  "FilterCriteria",
  "FunctionResponseTypes",
  "KMSKeyArn",
  "LoggingConfig",
  "MaximumBatchingWindowInSeconds",
  "MaximumRecordAgeInSeconds",
  "MaximumRetryAttempts",
  "MetricsConfig",
  "ParallelizationFactor",
  "ProvisionedPollerConfig",
  "Queues",
  "ScalingConfig",
  "SelfManagedEventSource",
  "SelfManagedKafkaEventSourceConfig",
  "SourceAccessConfigurations",
  "StartingPosition",
  "Topics",
  "TumblingWindowInSeconds",
] as const satisfies readonly (keyof MappingSettings)[];

/** Members whose empty value takes the setting away. */
const CLEARABLE = ["FilterCriteria", "KMSKeyArn", "ProvisionedPollerConfig", "ScalingConfig"] as const;

/** Settings of a new mapping: what was asked for, over the defaults of its kind of source. */
export function newSettings(
  kind: EventSourceKind,
  uuid: string,
  input: CreateEventSourceMappingRequest,
  now: number,
): MappingSettings {
  const { startingPosition, required, defaults } = traitsOf(kind);
  const given = givenSettings(kind, input);
  if (startingPosition === "required" && given.StartingPosition === undefined) {
    throw because("startingPositionMissing");
  }
  for (const member of required) {
    const value = given[member];
    const missing = value === undefined || (Array.isArray(value) && value.length === 0);
    if (missing) throw because("mappingMemberMissing", { member: lowerFirst(member) });
  }
  demandPosition(kind, input, now);
  const settings = complete({ ...defaults, ...given });
  const consumer =
    kind === "kafka"
      ? {
          SelfManagedKafkaEventSourceConfig: {
            ConsumerGroupId: uuid,
            ...settings.SelfManagedKafkaEventSourceConfig,
          },
        }
      : kind === "msk"
        ? {
            AmazonManagedKafkaEventSourceConfig: {
              ConsumerGroupId: uuid,
              ...settings.AmazonManagedKafkaEventSourceConfig,
            },
          }
        : {};
  const all = { ...settings, ...consumer };
  demandConsistent(kind, all);
  return all;
}

/** Present settings with an update over them. */
export function updatedSettings(
  kind: EventSourceKind,
  present: MappingSettings,
  input: UpdateEventSourceMappingRequest,
): MappingSettings {
  const given = givenSettings(kind, input);
  const all = complete({ ...present, ...given });
  if (kind === "kafka" && given.SelfManagedKafkaEventSourceConfig !== undefined) {
    all.SelfManagedKafkaEventSourceConfig = {
      ...present.SelfManagedKafkaEventSourceConfig,
      ...given.SelfManagedKafkaEventSourceConfig,
    };
  }
  if (kind === "msk" && given.AmazonManagedKafkaEventSourceConfig !== undefined) {
    all.AmazonManagedKafkaEventSourceConfig = {
      ...present.AmazonManagedKafkaEventSourceConfig,
      ...given.AmazonManagedKafkaEventSourceConfig,
    };
  }
  demandConsistent(kind, all);
  return all;
}

/** Settings that are kept without anything acting on them. */
export function mappingSettingsWithoutEffect(settings: MappingSettings): string[] {
  return (["KMSKeyArn", "LoggingConfig", "MetricsConfig", "ProvisionedPollerConfig"] as const).filter(
    (member) => settings[member] !== undefined,
  );
}

function givenSettings(
  kind: EventSourceKind,
  input: Partial<CreateEventSourceMappingRequest & UpdateEventSourceMappingRequest>,
): MappingSettings {
  const given: Record<string, unknown> = {};
  for (const member of MEMBERS) {
    const value = input[member];
    if (value === undefined || value === null) continue;
    if (!takesMember(kind, member) && !isEmpty(value)) {
      throw because("unsupportedMappingMember", { member });
    }
    if (takesMember(kind, member)) given[member] = value;
  }
  return given;
}

function complete(settings: MappingSettings): MappingSettings {
  const all = { ...settings };
  for (const member of CLEARABLE) {
    const value = all[member];
    const none =
      member === "FilterCriteria" ? (all.FilterCriteria?.Filters ?? []).length === 0 : isEmpty(value);
    if (none) delete all[member];
  }
  if (all.DestinationConfig !== undefined) {
    const destination = all.DestinationConfig.OnFailure?.Destination;
    if (all.DestinationConfig.OnSuccess?.Destination) {
      throw because("unsupportedMappingMember", { member: "DestinationConfig" });
    }
    all.DestinationConfig = { OnFailure: destination ? { Destination: destination } : {} };
  }
  return all;
}

function demandPosition(
  kind: EventSourceKind,
  { StartingPosition, StartingPositionTimestamp, EventSourceArn }: CreateEventSourceMappingRequest,
  now: number,
): void {
  const byTime = StartingPosition === "AT_TIMESTAMP";
  if (byTime && (kind === "dynamodb" || kind === "documentdb")) {
    throw because("unsupportedPosition", { arn: EventSourceArn ?? "" });
  }
  if (byTime && StartingPositionTimestamp === undefined) throw because("positionTimestampMissing");
  if (!byTime && StartingPositionTimestamp !== undefined) throw because("positionTimestampUnasked");
  if (StartingPositionTimestamp !== undefined && StartingPositionTimestamp.getTime() > now) {
    throw because("positionTimestampFuture");
  }
}

function demandConsistent(kind: EventSourceKind, settings: MappingSettings): void {
  demandBatch(kind, settings);
  const age = settings.MaximumRecordAgeInSeconds;
  if (age !== undefined && age >= 0 && age < functionLimits.mappingRecordAgeLeastSeconds) {
    const constraint = `Member must have value greater than or equal to ${functionLimits.mappingRecordAgeLeastSeconds}`;
    throw because("badMappingValue", {
      failure: constraintFailure("maximumRecordAgeInSeconds", age, constraint),
    });
  }
  demandPollers(settings);
  demandDestination(settings.DestinationConfig?.OnFailure?.Destination);
  const filters = settings.FilterCriteria?.Filters ?? [];
  if (filters.length > functionLimits.mappingFilters) {
    throw because("tooManyFilters", { most: functionLimits.mappingFilters });
  }
  for (const { Pattern } of filters) demandFilterPattern(Pattern);
}

function demandBatch(kind: EventSourceKind, settings: MappingSettings): void {
  if (kind !== "sqs") return;
  const { BatchSize = 0, MaximumBatchingWindowInSeconds: window = 0, EventSourceArn = "" } = settings;
  const fifo = EventSourceArn.endsWith(".fifo");
  if (fifo && window > 0) throw because("windowOnFifo");
  if (fifo && BatchSize > functionLimits.mappingUnwindowedBatch) {
    const constraint = `Member must have value less than or equal to ${functionLimits.mappingUnwindowedBatch}`;
    throw because("badMappingValue", { failure: constraintFailure("batchSize", BatchSize, constraint) });
  }
  if (BatchSize > functionLimits.mappingUnwindowedBatch && window === 0) throw because("batchWithoutWindow");
}

function demandPollers({ ProvisionedPollerConfig: pollers, ScalingConfig: scaling }: MappingSettings): void {
  if (pollers === undefined) return;
  if (scaling !== undefined) throw because("pollersAndScaling");
  const { MinimumPollers: least, MaximumPollers: most } = pollers;
  if (least !== undefined && most !== undefined && least > most) throw because("pollersOutOfOrder");
}

function demandDestination(destination: string | undefined): void {
  if (destination === undefined || destination.startsWith("kafka://")) return;
  const service = parseArn(destination)?.service;
  if (service === "sqs" || service === "sns" || service === "s3") return;
  throw because("badDestination", {
    config: `DestinationConfig(onSuccess=null, onFailure=OnFailure(destination=${destination}))`,
  });
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === "" || value === false) return true;
  if (Array.isArray(value)) return value.length === 0;
  if (typeof value !== "object" || value === null) return false;
  return Object.values(value).every((inner) => inner === undefined || isEmpty(inner));
}

function lowerFirst(member: string): string {
  return member.charAt(0).toLowerCase() + member.slice(1);
}
