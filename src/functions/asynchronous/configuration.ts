import type { FunctionEventInvokeConfig, PutFunctionEventInvokeConfigRequest } from "@aws-sdk/client-lambda";
import type { RequestContext } from "../../wire/index.ts";
import type { ControlPlane } from "../control-plane.ts";
import { own } from "../document.ts";
import type { FunctionEntry } from "../entry.ts";
import { because } from "../errors.ts";
import { locateFor, versionOf } from "../lookup.ts";
import { qualified, type Target } from "../names.ts";
import type { EventInvokeConfig } from "./model.ts";

/** What may be configured: the function itself is `$LATEST`. */
export interface EventInvokeHolder extends Target {
  readonly qualifier: string;
}

type Settings = Pick<
  PutFunctionEventInvokeConfigRequest,
  "DestinationConfig" | "MaximumEventAgeInSeconds" | "MaximumRetryAttempts"
>;

export function locateHolder(
  plane: ControlPlane,
  context: RequestContext,
  input: { readonly FunctionName: string | undefined; readonly Qualifier?: string | undefined },
): EventInvokeHolder {
  const target = locateFor(plane, context, input, { shared: true });
  return { ...target, qualifier: target.qualifier ?? "$LATEST" };
}

export function demandHolder(
  entry: FunctionEntry | undefined,
  target: EventInvokeHolder,
): asserts entry is FunctionEntry {
  if (entry === undefined || versionOf(entry, target.qualifier) === undefined) {
    throw because("eventInvokeHolderMissing");
  }
}

/** The function and what is set for the qualifier. */
export function findConfig(
  plane: ControlPlane,
  target: EventInvokeHolder,
): { readonly entry: FunctionEntry; readonly config: EventInvokeConfig } {
  const entry = plane.repository.get(target, target.name);
  const config = own(entry?.document.eventInvoke, target.qualifier);
  if (entry === undefined || config === undefined) throw noConfig(target);
  return { entry, config };
}

export function noConfig(target: EventInvokeHolder): Error {
  return because("noEventInvokeConfig", { arn: qualified(target.arn, target.qualifier) });
}

/** The document with a qualifier's settings replaced. */
export function withConfig(
  entry: FunctionEntry,
  qualifier: string,
  config: EventInvokeConfig,
): { readonly document: FunctionEntry["document"] } {
  const eventInvoke = { ...entry.document.eventInvoke, [qualifier]: config };
  return { document: { ...entry.document, eventInvoke } };
}

/** The members that a request sets; it has to set one. */
export function requestedSettings(input: Settings): Omit<EventInvokeConfig, "lastModified"> {
  const { DestinationConfig, MaximumEventAgeInSeconds, MaximumRetryAttempts } = input;
  if (
    DestinationConfig === undefined &&
    MaximumEventAgeInSeconds === undefined &&
    MaximumRetryAttempts === undefined
  ) {
    throw because("nothingToSet");
  }
  const onSuccess = DestinationConfig?.OnSuccess?.Destination;
  const onFailure = DestinationConfig?.OnFailure?.Destination;
  return {
    ...(MaximumRetryAttempts === undefined ? {} : { maximumRetryAttempts: MaximumRetryAttempts }),
    ...(MaximumEventAgeInSeconds === undefined ? {} : { maximumEventAgeSeconds: MaximumEventAgeInSeconds }),
    // An empty destination is how templates say that there is none.
    ...(onSuccess ? { onSuccess } : {}),
    ...(onFailure ? { onFailure } : {}),
  };
}

export function describeConfig(
  entry: FunctionEntry,
  qualifier: string,
  config: EventInvokeConfig,
): FunctionEventInvokeConfig {
  return {
    FunctionArn: qualified(entry.arn, qualifier),
    LastModified: new Date(config.lastModified),
    DestinationConfig: {
      OnSuccess: config.onSuccess === undefined ? {} : { Destination: config.onSuccess },
      OnFailure: config.onFailure === undefined ? {} : { Destination: config.onFailure },
    },
    ...(config.maximumRetryAttempts === undefined
      ? {}
      : { MaximumRetryAttempts: config.maximumRetryAttempts }),
    ...(config.maximumEventAgeSeconds === undefined
      ? {}
      : { MaximumEventAgeInSeconds: config.maximumEventAgeSeconds }),
  };
}
