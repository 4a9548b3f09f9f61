import { type EventSourceKind, parseArn } from "../../base/index.ts";
import { because } from "../errors.ts";
import type { MappingSettings } from "./document.ts";

/** What AWS has for one kind of event source, https://docs.aws.amazon.com/lambda/latest/dg/services-event-parameters.html */
export interface SourceTraits {
  /** For messages to people. */
  readonly title: string;
  readonly transitionReason: "User action" | "USER_INITIATED";
  /** Members that a mapping of this kind takes beside those of every kind. */
  readonly members: readonly (keyof MappingSettings)[];
  readonly required: readonly (keyof MappingSettings)[];
  readonly defaults: MappingSettings;
  readonly startingPosition: "required" | "optional" | "none";
  /** Whether answers carry `LastProcessingResult`. */
  readonly tellsResult: boolean;
}

const EVERY_KIND: readonly (keyof MappingSettings)[] = [
  "BatchSize",
  "EventSourceArn",
  "FilterCriteria",
  "KMSKeyArn",
  "MaximumBatchingWindowInSeconds",
  "MetricsConfig",
];

const STREAM: SourceTraits = {
  title: "",
  transitionReason: "User action",
  members: [
    "BisectBatchOnFunctionError",
    "DestinationConfig",
    "FunctionResponseTypes",
    "MaximumRecordAgeInSeconds",
    "MaximumRetryAttempts",
    "ParallelizationFactor",
    "StartingPosition",
    "TumblingWindowInSeconds",
  ],
  required: [],
  defaults: {
    BatchSize: 100,
    BisectBatchOnFunctionError: false,
    DestinationConfig: { OnFailure: {} },
    FunctionResponseTypes: [],
    MaximumBatchingWindowInSeconds: 0,
    MaximumRecordAgeInSeconds: -1,
    MaximumRetryAttempts: -1,
    ParallelizationFactor: 1,
    TumblingWindowInSeconds: 0,
  },
  startingPosition: "required",
  tellsResult: true,
};

const KAFKA_MEMBERS: SourceTraits["members"] = [
  "BisectBatchOnFunctionError",
  "DestinationConfig",
  "FunctionResponseTypes",
  "LoggingConfig",
  "MaximumRecordAgeInSeconds",
  "MaximumRetryAttempts",
  "ProvisionedPollerConfig",
  "SourceAccessConfigurations",
  "StartingPosition",
  "Topics",
];

const traits: Readonly<Record<EventSourceKind, SourceTraits>> = {
  sqs: {
    title: "Amazon SQS",
    transitionReason: "USER_INITIATED",
    members: ["FunctionResponseTypes", "ProvisionedPollerConfig", "ScalingConfig"],
    required: [],
    defaults: { BatchSize: 10, FunctionResponseTypes: [], MaximumBatchingWindowInSeconds: 0 },
    startingPosition: "none",
    tellsResult: false,
  },
  kinesis: { ...STREAM, title: "Amazon Kinesis" },
  dynamodb: { ...STREAM, title: "DynamoDB Streams" },
  msk: {
    title: "Amazon MSK",
    transitionReason: "USER_INITIATED",
    members: [...KAFKA_MEMBERS, "AmazonManagedKafkaEventSourceConfig"],
    required: ["Topics"],
    defaults: { BatchSize: 100 },
    startingPosition: "required",
    tellsResult: true,
  },
  kafka: {
    title: "self-managed Apache Kafka",
    transitionReason: "USER_INITIATED",
    members: [...KAFKA_MEMBERS, "SelfManagedEventSource", "SelfManagedKafkaEventSourceConfig"],
    required: ["SourceAccessConfigurations", "Topics"],
    defaults: { BatchSize: 100, StartingPosition: "TRIM_HORIZON" },
    startingPosition: "optional",
    tellsResult: true,
  },
  mq: {
    title: "Amazon MQ",
    transitionReason: "USER_INITIATED",
    members: ["Queues", "SourceAccessConfigurations"],
    required: ["Queues", "SourceAccessConfigurations"],
    defaults: { BatchSize: 100 },
    startingPosition: "none",
    tellsResult: true,
  },
  documentdb: {
    title: "Amazon DocumentDB",
    transitionReason: "USER_INITIATED",
    members: ["DocumentDBEventSourceConfig", "SourceAccessConfigurations", "StartingPosition"],
    required: ["DocumentDBEventSourceConfig", "SourceAccessConfigurations"],
    defaults: { BatchSize: 100 },
    startingPosition: "required",
    tellsResult: true,
  },
};

export function traitsOf(kind: EventSourceKind): SourceTraits {
  return traits[kind];
}

export function takesMember(kind: EventSourceKind, member: keyof MappingSettings): boolean {
  return EVERY_KIND.includes(member) || traits[kind].members.includes(member);
}

/** The kind of source that a request names by ARN or by a self-managed cluster's servers. */
export function kindOf(
  arn: string | undefined,
  selfManaged: MappingSettings["SelfManagedEventSource"],
): EventSourceKind {
  if (arn === undefined || arn === "") {
    const servers = selfManaged?.Endpoints?.["KAFKA_BOOTSTRAP_SERVERS"] ?? [];
    if (servers.length > 0) return "kafka";
    throw because("unrecognizedEventSource");
  }
  if (selfManaged !== undefined) throw because("unrecognizedEventSource");
  const { service, resource = "" } = parseArn(arn) ?? {};
  if (service === "sqs") return "sqs";
  if (service === "kinesis" && resource.startsWith("stream/")) return "kinesis";
  if (service === "dynamodb" && /^table\/[^/]+\/stream\/./.test(resource)) return "dynamodb";
  if (service === "kafka" && resource.startsWith("cluster/")) return "msk";
  if (service === "mq" && resource.startsWith("broker:")) return "mq";
  if (service === "rds" && resource.startsWith("cluster:")) return "documentdb";
  throw because("unrecognizedEventSource");
}
