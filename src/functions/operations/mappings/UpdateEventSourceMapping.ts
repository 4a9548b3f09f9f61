import type {
  EventSourceMappingConfiguration,
  UpdateEventSourceMappingRequest,
} from "@aws-sdk/client-lambda";
import type { RequestContext } from "../../../wire/index.ts";
import type { ControlPlane } from "../../control-plane.ts";
import { because } from "../../errors.ts";
import type { MappingDocument, MappingState } from "../../mappings/document.ts";
import { describeMapping, isInTransition } from "../../mappings/mappings.ts";
import { mappingSettingsWithoutEffect, updatedSettings } from "../../mappings/settings.ts";
import { traitsOf } from "../../mappings/sources.ts";
import { demandUnique, findMapping, mappedFunction } from "../../mappings/target.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_UpdateEventSourceMapping.html */
export async function UpdateEventSourceMapping(
  plane: ControlPlane,
  input: UpdateEventSourceMappingRequest,
  context: RequestContext,
): Promise<EventSourceMappingConfiguration> {
  const { mappings, clock, log } = plane;
  const found = findMapping(plane, context, input.UUID);
  const updated = await mappings.collection.update(found, found.id, ({ document }) => {
    const settings = updatedSettings(document.kind, document.settings, input);
    const functionArn =
      input.FunctionName === undefined
        ? document.functionArn
        : mappedFunction(plane, context, input.FunctionName);
    if (isInTransition(document)) throw because("mappingInUse", { action: "update" });
    const { transitionReason, tellsResult } = traitsOf(document.kind);
    const enabled = input.Enabled ?? document.enabled;
    const changed: MappingDocument = {
      ...document,
      functionArn,
      settings,
      enabled,
      state: transition(document.enabled, enabled),
      stateTransitionReason: transitionReason,
      ...(tellsResult && enabled && !document.enabled
        ? { lastProcessingResult: "No records processed" }
        : {}),
      // Two updates within a millisecond are still told apart.
      lastModified: Math.max(clock.now(), document.lastModified + 1),
    };
    demandUnique(plane, context, changed);
    return changed;
  });
  if (updated === undefined) throw because("resourceMissing");
  const idle = mappingSettingsWithoutEffect(updated.document.settings);
  if (idle.length > 0) log.warn("settings without effect", { mapping: found.id, settings: idle });
  mappings.advance(updated);
  return describeMapping(updated);
}

function transition(before: boolean, after: boolean): MappingState {
  if (before === after) return "Updating";
  return after ? "Enabling" : "Disabling";
}
