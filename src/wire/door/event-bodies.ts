import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { ServiceError } from "../../base/index.ts";
import type { Caller } from "../authentication/authenticator.ts";
import { bodyError } from "../body/errors.ts";
import { SerializationError } from "../codecs/serialization-error.ts";
import { EventStreamError } from "../event-stream/error.ts";
import { decodeMessages } from "../event-stream/event-decoder.ts";
import { encodeEvents } from "../event-stream/event-encoder.ts";
import type { EventStreamMessage } from "../event-stream/message.ts";
import { SIGNED_EVENTS, unwrapSignedMessages } from "../event-stream/signed-messages.ts";
import type { EncodedOutput, WireResponse } from "../protocols/protocol.ts";

/** Makes a body of an output whose events are still to come; `failure` says what a source that breaks off means. */
export function withEventBody(
  output: EncodedOutput,
  failure: (thrown: unknown) => ServiceError,
): WireResponse {
  if (!("source" in output)) return output;
  const { source, ...head } = output;
  const frames = encodeEvents(source.encoder, source.events, failure, source.initial);
  // One frame is made while another is on its way; no more are held.
  return { ...head, body: Readable.from(untilReaderLeaves(frames), { highWaterMark: 1 }), live: true };
}

/** A stream whose reader is gone would throw that into the generator, where it would pass for a failed source. */
function untilReaderLeaves(frames: AsyncGenerator<Buffer, void, void>): AsyncIterable<Buffer> {
  return {
    [Symbol.asyncIterator]: () => ({ next: () => frames.next(), return: () => frames.return() }),
  };
}

/** What the head of a request says of its stream of events: whether its messages are signed each. */
export function declaredEventsHash(headers: Readonly<Record<string, string>>): string {
  return headers["x-amz-content-sha256"] ?? SIGNED_EVENTS;
}

/**
 * The messages of a request's event stream, out of their signatures. It fails with a SerializationError, or with the
 * error of whoever signed something else.
 */
export async function* requestMessages(
  message: IncomingMessage,
  caller: Caller,
  payloadHash: string,
): AsyncGenerator<EventStreamMessage, void, void> {
  // The connection outlives whoever stops reading its messages.
  const messages = decodeMessages(message.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>);
  try {
    if (payloadHash === SIGNED_EVENTS) yield* unwrapSignedMessages(messages, caller.proof, signatureMismatch);
    else yield* messages;
    // A broken HTTP/2 stream ends like a whole one.
    if (!message.complete) throw bodyError("IncompleteBody");
  } catch (error) {
    if (message.destroyed && !message.complete) throw bodyError("IncompleteBody");
    if (error instanceof EventStreamError) {
      throw new SerializationError(`The event stream can't be read: ${error.message}`);
    }
    throw error;
  }
}

function signatureMismatch(): ServiceError {
  return new ServiceError({
    code: "InvalidSignatureException",
    status: 403,
    message:
      "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.",
  });
}
