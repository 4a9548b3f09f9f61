import type { RuntimeApiError } from "../runtime-api/errors.ts";
import { invalidEvent, invalidFormat } from "./errors.ts";
import type { ExtensionEvent } from "./extension.ts";

/** Reads which events an extension wants. Internal ones can't be told of the shutdown, since they are part of it. */
export function parseRegistration(
  body: Buffer,
  external: boolean,
): { readonly events: readonly ExtensionEvent[] } | RuntimeApiError {
  let document: unknown;
  try {
    document = JSON.parse(body.toString());
  } catch (error) {
    return invalidFormat(error instanceof Error ? error.message : "invalid JSON");
  }
  if (typeof document !== "object" || document === null || Array.isArray(document))
    return invalidFormat("the body is not a JSON object");
  if ("configurationKeys" in document)
    return invalidFormat("configurationKeys are deprecated; use environment variables instead");
  const wanted = "events" in document ? (document.events ?? []) : [];
  if (!Array.isArray(wanted) || !wanted.every((event) => typeof event === "string"))
    return invalidFormat("events is not an array of strings");
  const events: ExtensionEvent[] = [];
  for (const event of wanted) {
    if (event !== "INVOKE" && event !== "SHUTDOWN") return invalidEvent(event, "ErrorInvalidEventType");
    if (event === "SHUTDOWN" && !external)
      return invalidEvent(event, "ShutdownEventNotSupportedForInternalExtension");
    if (!events.includes(event)) events.push(event);
  }
  return { events };
}
