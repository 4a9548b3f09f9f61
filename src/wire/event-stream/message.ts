import { crc32 } from "node:zlib";
import { wireLimits } from "../../base/index.ts";
import { EventStreamError } from "./error.ts";
import { decodeEventStreamHeaders, type EventStreamHeader, encodeEventStreamHeaders } from "./headers.ts";

/**
 * One message of `application/vnd.amazon.eventstream`. Names of headers are unique; those that begin with a colon are
 * the protocol's own.
 */
export interface EventStreamMessage {
  readonly headers: ReadonlyMap<string, EventStreamHeader>;
  readonly payload: Uint8Array;
}

/** Two lengths and their checksum, before the headers. */
const PRELUDE_BYTES = 12;
const CHECKSUM_BYTES = 4;
const FRAME_BYTES = PRELUDE_BYTES + CHECKSUM_BYTES;

/**
 * Frames a message: two lengths, CRC-32 of both, headers, payload, CRC-32 of everything before. Throws EventStreamError
 * for what is over the limits. https://smithy.io/2.0/aws/amazon-eventstream.html
 */
export function encodeEventStreamMessage(message: {
  readonly headers: Iterable<readonly [name: string, header: EventStreamHeader]>;
  readonly payload: Uint8Array;
}): Buffer {
  const headers = encodeEventStreamHeaders(message.headers);
  const { payload } = message;
  checkLengths(headers.length, payload.length);
  const total = FRAME_BYTES + headers.length + payload.length;
  const frame = Buffer.allocUnsafe(total);
  frame.writeUInt32BE(total, 0);
  frame.writeUInt32BE(headers.length, 4);
  frame.writeUInt32BE(crc32(frame.subarray(0, 8)), 8);
  frame.set(headers, PRELUDE_BYTES);
  frame.set(payload, PRELUDE_BYTES + headers.length);
  const checked = total - CHECKSUM_BYTES;
  frame.writeUInt32BE(crc32(frame.subarray(0, checked)), checked);
  return frame;
}

function checkLengths(headers: number, payload: number): void {
  if (headers > wireLimits.eventStreamHeadersBytes) throw new EventStreamError(`headers of ${headers} bytes`);
  if (payload > wireLimits.eventStreamPayloadBytes) {
    throw new EventStreamError(`a payload of ${payload} bytes`);
  }
}

/** Takes a stream of messages apart, however its bytes are cut. After an error it is of no further use. */
export class EventStreamDecoder {
  #parts: Buffer[] = [];
  #held = 0;
  /** Bytes that the next step needs: a prelude, or the message that it announces. */
  #wanted = PRELUDE_BYTES;
  #preludeRead = false;

  /** Gives the messages that `bytes` complete, in order. Throws EventStreamError. */
  write(bytes: Uint8Array): EventStreamMessage[] {
    const messages: EventStreamMessage[] = [];
    if (bytes.length > 0) this.#parts.push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    this.#held += bytes.length;
    while (this.#held >= this.#wanted) {
      const held = this.#join();
      if (this.#preludeRead) {
        messages.push(decodeFrame(held.subarray(0, this.#wanted)));
        this.#parts = [held.subarray(this.#wanted)];
        this.#held -= this.#wanted;
        this.#wanted = PRELUDE_BYTES;
      } else {
        this.#wanted = readPrelude(held);
      }
      this.#preludeRead = !this.#preludeRead;
    }
    return messages;
  }

  /** Says that the stream has ended; throws EventStreamError if it did so inside a message. */
  end(): void {
    if (this.#held > 0) throw new EventStreamError("the stream ends inside a message");
  }

  #join(): Buffer {
    const [first = Buffer.alloc(0)] = this.#parts;
    const held = this.#parts.length > 1 ? Buffer.concat(this.#parts) : first;
    this.#parts = [held];
    return held;
  }
}

/** The length of the whole message; its prelude is checked, so that no broken length makes anyone wait. */
function readPrelude(bytes: Buffer): number {
  if (bytes.readUInt32BE(8) !== crc32(bytes.subarray(0, 8))) {
    throw new EventStreamError("the checksum of a prelude does not hold");
  }
  const total = bytes.readUInt32BE(0);
  const headers = bytes.readUInt32BE(4);
  if (total < FRAME_BYTES + headers)
    throw new EventStreamError("the lengths of a message contradict each other");
  checkLengths(headers, total - FRAME_BYTES - headers);
  return total;
}

function decodeFrame(frame: Buffer): EventStreamMessage {
  const checked = frame.length - CHECKSUM_BYTES;
  if (frame.readUInt32BE(checked) !== crc32(frame.subarray(0, checked))) {
    throw new EventStreamError("the checksum of a message does not hold");
  }
  const payloadAt = PRELUDE_BYTES + frame.readUInt32BE(4);
  return {
    headers: decodeEventStreamHeaders(frame.subarray(PRELUDE_BYTES, payloadAt)),
    payload: frame.subarray(payloadAt, checked),
  };
}
