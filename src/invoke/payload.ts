import { asBuffer, invokeLimits, type ServiceError } from "../base/index.ts";
import { fail } from "./errors.ts";
import { describeJsonFault } from "./json-fault.ts";
import { isJson } from "./json-text.ts";

const EMPTY_EVENT = Buffer.from("{}");

/** How large an event may be, and what the operation that takes it is called. */
export interface EventSize {
  readonly operation: string;
  readonly mostBytes: number;
}

export function payloadTooLarge({ operation, mostBytes }: EventSize): ServiceError {
  return fail("RequestEntityTooLargeException", { with: { bytes: mostBytes, operation } });
}

/** Checks an event as Invoke does before it looks at the function: its size, then that it is JSON. */
export function checkedPayload(payload: Uint8Array | undefined, event: EventSize): Uint8Array {
  if (payload === undefined || payload.length === 0) return EMPTY_EVENT;
  if (payload.length > event.mostBytes) throw payloadTooLarge(event);
  if (!isJson(payload)) {
    const fault = describeJsonFault(payload);
    throw fail("InvalidRequestContentException", {
      with: `Could not parse request body into json: Could not parse payload into json: ${fault}`,
    });
  }
  return payload;
}

/**
 * The client context as JSON text that is safe in a header: no line breaks, only ASCII. `encoded` is base64 as the
 * caller sent it.
 */
export function decodeClientContext(encoded: string | undefined): string | undefined {
  if (encoded === undefined || encoded === "") return undefined;
  const bytes = Buffer.from(encoded, "base64");
  const value = parseJson(bytes);
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  if (encoded.length > invokeLimits.clientContextBytes || !isObject) {
    throw fail("InvalidRequestContentException", {
      with: "Client context must be a valid Base64-encoded JSON object.",
    });
  }
  return JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function parseJson(bytes: Uint8Array): unknown {
  return isJson(bytes) ? (JSON.parse(asBuffer(bytes).toString("utf8")) as unknown) : undefined;
}
