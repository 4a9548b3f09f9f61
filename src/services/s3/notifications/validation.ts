import type {
  Event,
  FilterRuleName,
  LambdaFunctionConfiguration,
  NotificationConfiguration,
  NotificationConfigurationFilter,
  QueueConfiguration,
  TopicConfiguration,
} from "@aws-sdk/client-s3";
import { parseArn, type Randomness, s3Limits } from "../../../base/index.ts";
import { fail, invalidArgument, notImplemented } from "../errors.ts";
import type { DestinationKind, FilterRule, NotificationRule, StoredNotification } from "./configuration.ts";
import { isEventType } from "./event-types.ts";
import { rulesOverlap } from "./matching.ts";

const GENERATED_ID_DIGITS = 48;

/** What each kind of destination is called in the XML, and the service in its ARN. */
const KINDS: Readonly<Record<DestinationKind, { readonly element: string; readonly service: string }>> = {
  topic: { element: "Topic", service: "sns" },
  queue: { element: "Queue", service: "sqs" },
  function: { element: "CloudFunction", service: "lambda" },
};

interface Entry {
  readonly kind: DestinationKind;
  readonly arn: string | undefined;
  readonly id: string | undefined;
  readonly events: readonly string[] | undefined;
  readonly filter: NotificationConfigurationFilter | undefined;
}

/** Checks everything that the configuration says by itself; whether the destinations exist is asked later. */
export function readConfiguration(
  configuration: NotificationConfiguration | undefined,
  randomness: Randomness,
): StoredNotification {
  if (configuration === undefined) throw fail("MalformedXML");
  if (configuration.EventBridgeConfiguration !== undefined)
    throw notImplemented("EventBridgeConfiguration", "There is no event bus that a bucket could send to");
  const entries = entriesOf(configuration);
  if (entries.length > s3Limits.notificationConfigurations)
    throw fail("InvalidArgument", {
      with: `A bucket can have at most ${s3Limits.notificationConfigurations} notification configurations`,
    });
  for (const entry of entries) checkArn(entry);
  const rules = entries.map((entry) => toRule(entry, randomness));
  const ids = new Set(rules.map((rule) => rule.id));
  if (ids.size !== rules.length)
    throw fail("InvalidArgument", {
      with: "Same ID used for multiple configurations. IDs must be unique",
    });
  for (const [index, rule] of rules.entries())
    for (const other of rules.slice(index + 1))
      if (rulesOverlap(rule, other))
        throw fail("InvalidArgument", {
          with: "Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules if the prefixes are overlapping for the same event type.",
        });
  return { rules };
}

function entriesOf(configuration: NotificationConfiguration): Entry[] {
  const topics = (configuration.TopicConfigurations ?? []).map(
    (entry): Entry => ({ kind: "topic", arn: entry.TopicArn, ...partsOf(entry) }),
  );
  const queues = (configuration.QueueConfigurations ?? []).map(
    (entry): Entry => ({ kind: "queue", arn: entry.QueueArn, ...partsOf(entry) }),
  );
  const functions = (configuration.LambdaFunctionConfigurations ?? []).map(
    (entry): Entry => ({ kind: "function", arn: entry.LambdaFunctionArn, ...partsOf(entry) }),
  );
  return [...topics, ...queues, ...functions];
}

function partsOf(entry: TopicConfiguration | QueueConfiguration | LambdaFunctionConfiguration) {
  return { id: entry.Id, events: entry.Events, filter: entry.Filter };
}

function checkArn({ kind, arn }: Entry): void {
  const { element, service } = KINDS[kind];
  const parsed = arn === undefined ? undefined : parseArn(arn);
  const complete = parsed !== undefined && parsed.region !== "" && /^\d{12}$/.test(parsed.account);
  if (!complete || parsed.service !== service)
    throw invalidArgument("The ARN could not be parsed", element, arn ?? "");
  if (kind !== "function" && parsed.resource.endsWith(".fifo"))
    throw invalidArgument(
      "Unable to validate the following destination configurations",
      arn ?? "",
      kind === "queue"
        ? "FIFO SQS queues are not supported."
        : "SNS FIFO topics are not supported as a destination.",
    );
}

function toRule(entry: Entry, randomness: Randomness): NotificationRule {
  const { events = [] } = entry;
  if (events.length === 0) throw fail("MalformedXML");
  for (const event of events)
    if (!isEventType(event))
      throw invalidArgument("The event is not supported for notifications", "Event", event);
  if ((entry.id?.length ?? 0) > s3Limits.notificationIdCharacters)
    throw invalidArgument("The ID must not be longer than 255 characters", "Id", entry.id);
  const filter = entry.filter?.Key?.FilterRules?.map(toFilterRule);
  for (const name of ["Prefix", "Suffix"] as const)
    if ((filter ?? []).filter((rule) => rule.name === name).length > 1)
      throw invalidArgument(
        `Cannot specify more than one ${name.toLowerCase()} rule in a filter.`,
        "FilterRule.Name",
        name,
      );
  return {
    kind: entry.kind,
    targetArn: entry.arn ?? "",
    id: entry.id || Buffer.from(randomness.hex(GENERATED_ID_DIGITS), "hex").toString("base64url"),
    events: [...events],
    ...(filter === undefined ? {} : { filter }),
  };
}

function toFilterRule(rule: {
  readonly Name?: string | undefined;
  readonly Value?: string | undefined;
}): FilterRule {
  if (rule.Name === undefined || rule.Value === undefined) throw fail("MalformedXML");
  const name = ({ prefix: "Prefix", suffix: "Suffix" } as const)[rule.Name.toLowerCase()];
  if (name === undefined)
    throw invalidArgument("filter rule name must be either prefix or suffix", "FilterRule.Name", rule.Name);
  return { name, value: rule.Value };
}

/** A stored configuration as it is given back. */
export function writeConfiguration({ rules }: StoredNotification): NotificationConfiguration {
  const of = (kind: DestinationKind) => rules.filter((rule) => rule.kind === kind);
  const [topics, queues, functions] = [of("topic"), of("queue"), of("function")];
  return {
    ...(topics.length === 0
      ? {}
      : { TopicConfigurations: topics.map((rule) => ({ ...shared(rule), TopicArn: rule.targetArn })) }),
    ...(queues.length === 0
      ? {}
      : { QueueConfigurations: queues.map((rule) => ({ ...shared(rule), QueueArn: rule.targetArn })) }),
    ...(functions.length === 0
      ? {}
      : {
          LambdaFunctionConfigurations: functions.map((rule) => ({
            ...shared(rule),
            LambdaFunctionArn: rule.targetArn,
          })),
        }),
  };
}

function shared(rule: NotificationRule) {
  const rules = rule.filter?.map(({ name, value }) => ({ Name: name as FilterRuleName, Value: value }));
  return {
    Id: rule.id,
    Events: rule.events as Event[],
    ...(rules === undefined ? {} : { Filter: { Key: { FilterRules: rules } } }),
  };
}
