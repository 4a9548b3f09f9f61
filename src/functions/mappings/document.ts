import type { EventSourceMappingConfiguration } from "@aws-sdk/client-lambda";
import type { EventSourceKind } from "../../base/index.ts";

export type MappingState =
  | "Creating"
  | "Enabling"
  | "Enabled"
  | "Disabling"
  | "Disabled"
  | "Updating"
  | "Deleting";

/** Members that the caller sets, as the API shows them. */
export type MappingSettings = Pick<
  EventSourceMappingConfiguration,
  | "AmazonManagedKafkaEventSourceConfig"
  | "BatchSize"
  | "BisectBatchOnFunctionError"
  | "DestinationConfig"
  | "DocumentDBEventSourceConfig"
  | "EventSourceArn"
  | "FilterCriteria"
  | "FunctionResponseTypes"
  | "KMSKeyArn"
  | "LoggingConfig"
  | "MaximumBatchingWindowInSeconds"
  | "MaximumRecordAgeInSeconds"
  | "MaximumRetryAttempts"
  | "MetricsConfig"
  | "ParallelizationFactor"
  | "ProvisionedPollerConfig"
  | "Queues"
  | "ScalingConfig"
  | "SelfManagedEventSource"
  | "SelfManagedKafkaEventSourceConfig"
  | "SourceAccessConfigurations"
  | "StartingPosition"
  | "Topics"
  | "TumblingWindowInSeconds"
>;

/** Everything of one event source mapping. It belongs to no function's document: it outlives the function. */
export interface MappingDocument {
  readonly format: 1;
  readonly uuid: string;
  readonly kind: EventSourceKind;
  /** Qualified if and only if the caller qualified it. */
  readonly functionArn: string;
  readonly settings: MappingSettings;
  /** Epoch milliseconds. */
  readonly startingPositionTimestamp?: number;
  readonly enabled: boolean;
  readonly state: MappingState;
  readonly stateTransitionReason: string;
  /** Of sources that are read in order. */
  readonly lastProcessingResult?: string;
  /** Epoch milliseconds. */
  readonly lastModified: number;
  readonly tags: Readonly<Record<string, string>>;
}
