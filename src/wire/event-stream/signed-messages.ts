import type { ServiceError } from "../../base/index.ts";
import type { Caller } from "../authentication/authenticator.ts";
import { SerializationError } from "../codecs/serialization-error.ts";
import { formatAmzDate } from "../sigv4/amz-date.ts";
import { type HmacKey, sha256Hex } from "../sigv4/hmac.ts";
import { formatScope } from "../sigv4/signing-key.ts";
import { sameSignature } from "../sigv4/verify.ts";
import { encodeEventStreamHeaders } from "./headers.ts";
import { EventStreamDecoder, type EventStreamMessage } from "./message.ts";

/** What a request says of its body when each of its messages carries a signature. */
export const SIGNED_EVENTS = "STREAMING-AWS4-HMAC-SHA256-EVENTS";

/** What the signature of a message covers: the one before, the date, and the message inside. Hexadecimal. */
export function signEventMessage(
  signing: { readonly key: HmacKey; readonly scope: string },
  date: Date,
  previous: string,
  payload: Uint8Array,
): Buffer {
  const headers = encodeEventStreamHeaders([[":date", { type: "timestamp", value: date }]]);
  return signing.key.digest(
    [
      "AWS4-HMAC-SHA256-PAYLOAD",
      formatAmzDate(date.getTime()),
      signing.scope,
      previous,
      sha256Hex(headers),
      sha256Hex(payload),
    ].join("\n"),
  );
}

/**
 * Takes the messages out of the signed ones around them; an empty one ends the stream. Each signature covers the one
 * before it, so that none can be left out or moved. Those of callers who are taken at their word are not checked.
 */
export async function* unwrapSignedMessages(
  source: AsyncIterable<EventStreamMessage>,
  proof: Caller["proof"],
  mismatch: () => ServiceError,
): AsyncGenerator<EventStreamMessage, void, void> {
  let previous = proof?.signature.signature ?? "";
  for await (const { headers, payload } of source) {
    const date = headers.get(":date");
    const signature = headers.get(":chunk-signature");
    if (date?.type !== "timestamp" || signature?.type !== "binary") {
      throw new SerializationError("A message of the event stream carries no signature");
    }
    const given = Buffer.from(signature.value).toString("hex");
    if (proof !== undefined) {
      const signing = { key: proof.key, scope: formatScope(proof.signature.scope) };
      const expected = signEventMessage(signing, date.value, previous, payload);
      if (!sameSignature(expected, given)) throw mismatch();
    }
    previous = given;
    if (payload.length === 0) return;
    yield innerMessage(payload);
  }
  throw new SerializationError("The event stream ends without its last signature");
}

function innerMessage(payload: Uint8Array): EventStreamMessage {
  const decoder = new EventStreamDecoder();
  const [message, ...more] = decoder.write(payload);
  decoder.end();
  if (message === undefined || more.length > 0) {
    throw new SerializationError("A signed message holds more or less than one message");
  }
  return message;
}
