import type {
  CreateEventSourceMappingRequest,
  EventSourceMappingConfiguration,
} from "@aws-sdk/client-lambda";
import { invariant } from "../../../base/index.ts";
import type { RequestContext } from "../../../wire/index.ts";
import { type ControlPlane, scopeOf } from "../../control-plane.ts";
import { because } from "../../errors.ts";
import type { MappingDocument } from "../../mappings/document.ts";
import { describeMapping, sourceOf } from "../../mappings/mappings.ts";
import { mappingSettingsWithoutEffect, newSettings } from "../../mappings/settings.ts";
import { kindOf, traitsOf } from "../../mappings/sources.ts";
import { demandUnique, mappedFunction } from "../../mappings/target.ts";
import { addTags } from "../../settings/tags.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html */
export async function CreateEventSourceMapping(
  plane: ControlPlane,
  input: CreateEventSourceMappingRequest,
  context: RequestContext,
): Promise<EventSourceMappingConfiguration> {
  const { mappings, clock, randomness, log } = plane;
  const scope = scopeOf(context);
  const kind = kindOf(input.EventSourceArn, input.SelfManagedEventSource);
  const { transitionReason, tellsResult } = traitsOf(kind);
  const uuid = randomness.uuid();
  const now = clock.now();
  const settings = newSettings(kind, uuid, input, now);
  const functionArn = mappedFunction(plane, context, input.FunctionName);
  const enabled = input.Enabled ?? true;
  const document: MappingDocument = {
    format: 1,
    uuid,
    kind,
    functionArn,
    settings,
    ...(input.StartingPositionTimestamp === undefined
      ? {}
      : { startingPositionTimestamp: input.StartingPositionTimestamp.getTime() }),
    enabled,
    state: enabled ? "Creating" : "Disabled",
    stateTransitionReason: transitionReason,
    ...(tellsResult ? { lastProcessingResult: "No records processed" } : {}),
    lastModified: now,
    tags: addTags({}, input.Tags ?? {}),
  };
  demandUnique(plane, context, document);
  const source = sourceOf({ ...scope, id: uuid, rev: "", document });
  if ((await mappings.sources.check(source)) === "missing") {
    throw because(kind === "sqs" ? "queueMissing" : "streamMissing", { arn: source.arn ?? "" });
  }
  demandUnique(plane, context, document);
  const created = await mappings.collection.create(scope, uuid, document);
  invariant(created !== undefined, "two event source mappings of one random id");
  const idle = mappingSettingsWithoutEffect(settings);
  if (idle.length > 0) log.warn("settings without effect", { mapping: uuid, settings: idle });
  mappings.advance(created);
  return describeMapping(created);
}
