import type { RequestContext } from "../../wire/index.ts";
import type { ControlPlane } from "../control-plane.ts";
import { scopeOf } from "../control-plane.ts";
import { because } from "../errors.ts";
import { locateFor, versionOf } from "../lookup.ts";
import { qualified } from "../names.ts";
import type { MappingDocument } from "./document.ts";
import type { MappingEntry } from "./mappings.ts";

/** ARN of the function that a mapping is to invoke: qualified if and only if the name is. It has to exist. */
export function mappedFunction(
  plane: ControlPlane,
  context: RequestContext,
  functionName: string | undefined,
): string {
  const target = locateFor(plane, context, { FunctionName: functionName }, { shared: false });
  const entry = plane.repository.get(target, target.name);
  if (entry === undefined || versionOf(entry, target.qualifier) === undefined) {
    throw because("mappedFunctionMissing");
  }
  return qualified(target.arn, target.qualifier);
}

export function findMapping(
  plane: ControlPlane,
  context: RequestContext,
  uuid: string | undefined,
): MappingEntry {
  const entry = plane.mappings.collection.get(scopeOf(context), uuid ?? "");
  if (entry === undefined) throw because("resourceMissing");
  return entry;
}

/** One source feeds one function, by its ARN as qualified, through one mapping only. */
export function demandUnique(plane: ControlPlane, context: RequestContext, mapping: MappingDocument): void {
  for (const { document: other } of plane.mappings.collection.within(scopeOf(context))) {
    if (other.uuid === mapping.uuid || other.functionArn !== mapping.functionArn) continue;
    if (other.kind !== mapping.kind || !overlaps(other, mapping)) continue;
    const { EventSourceArn: arn = "", Topics = [] } = mapping.settings;
    const name = mapping.functionArn.split(":function:")[1] ?? "";
    const values = { arn, name, uuid: other.uuid };
    if (mapping.kind === "sqs") throw because("queueMapped", values);
    if (mapping.kind !== "kafka" && mapping.kind !== "msk") throw because("streamMapped", values);
    throw because("topicMapped", {
      source: arn || serversOf(mapping).join(","),
      function: mapping.functionArn,
      topics: Topics.join(","),
      uuid: other.uuid,
    });
  }
}

function overlaps(a: MappingDocument, b: MappingDocument): boolean {
  if (a.kind === "mq")
    return (
      a.settings.EventSourceArn === b.settings.EventSourceArn &&
      sharesAny(a.settings.Queues, b.settings.Queues)
    );
  if (a.kind === "msk" || a.kind === "kafka") {
    const sameCluster =
      a.kind === "msk"
        ? a.settings.EventSourceArn === b.settings.EventSourceArn
        : sharesAny(serversOf(a), serversOf(b));
    return sameCluster && sharesAny(a.settings.Topics, b.settings.Topics);
  }
  return a.settings.EventSourceArn === b.settings.EventSourceArn;
}

function serversOf({ settings }: MappingDocument): string[] {
  return settings.SelfManagedEventSource?.Endpoints?.["KAFKA_BOOTSTRAP_SERVERS"] ?? [];
}

function sharesAny(a: readonly string[] = [], b: readonly string[] = []): boolean {
  return a.some((value) => b.includes(value));
}
