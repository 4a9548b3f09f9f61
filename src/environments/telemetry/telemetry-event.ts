import { envelope, type PlatformEvent } from "../logs/platform-event.ts";
import type { Subscription, TelemetryType } from "./subscription.ts";

/** Something that happened, before it is known which subscribers will be told and in which form. */
export interface TelemetryEvent {
  readonly time: number;
  readonly type: TelemetryType;
  readonly platform?: PlatformEvent;
  /** A line of the function or an extension, and the object that it is in JSON logs. */
  readonly line?: string;
  readonly object?: Readonly<Record<string, unknown>> | undefined;
  /** Of its largest form, for what is kept in memory. */
  readonly bytes: number;
}

/** What only one of the two APIs knows. */
const LOGS_ONLY = ["platform.end", "platform.fault", "platform.logsSubscription"];
const LOGS_KNOWN = [
  ...LOGS_ONLY,
  "platform.start",
  "platform.report",
  "platform.extension",
  "platform.logsDropped",
];
const FIRST_WITH_RUNTIME_DONE = "2021-03-18";
const FIRST_WITH_OBJECTS = "2022-12-13";

/** The JSON text that a subscriber gets, or undefined if it is not for it. */
export function textFor(event: TelemetryEvent, subscription: Subscription): string | undefined {
  if (!subscription.types.includes(event.type)) return undefined;
  const { platform } = event;
  if (platform !== undefined) {
    return isKnown(platform.type, subscription)
      ? envelope(event.time, platform.type, platform.record)
      : undefined;
  }
  const asObject = subscription.api === "telemetry" && subscription.schemaVersion >= FIRST_WITH_OBJECTS;
  return envelope(event.time, event.type, (asObject ? event.object : undefined) ?? event.line);
}

function isKnown(type: string, { api, schemaVersion }: Subscription): boolean {
  if (api === "telemetry") return !LOGS_ONLY.includes(type);
  if (type === "platform.runtimeDone") return schemaVersion >= FIRST_WITH_RUNTIME_DONE;
  return LOGS_KNOWN.includes(type);
}
