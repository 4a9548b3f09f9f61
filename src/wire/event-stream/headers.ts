import { wireLimits } from "../../base/index.ts";
import { EventStreamError } from "./error.ts";

/** The value of a header of a message. A timestamp has milliseconds, a UUID its 36 characters. */
export type EventStreamHeader =
  | { readonly type: "boolean"; readonly value: boolean }
  | { readonly type: "byte" | "short" | "integer"; readonly value: number }
  | { readonly type: "long"; readonly value: bigint }
  | { readonly type: "binary"; readonly value: Uint8Array }
  | { readonly type: "string" | "uuid"; readonly value: string }
  | { readonly type: "timestamp"; readonly value: Date };

const TRUE = 0;
const FALSE = 1;
const BYTE = 2;
const SHORT = 3;
const INTEGER = 4;
const LONG = 5;
const BINARY = 6;
const STRING = 7;
const TIMESTAMP = 8;
const UUID = 9;

const UUID_TEXT = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const MOST_NAME_BYTES = 255;
const INTEGERS = { byte: [BYTE, 1], short: [SHORT, 2], integer: [INTEGER, 4] } as const;

/** https://smithy.io/2.0/aws/amazon-eventstream.html#message-headers */
export function encodeEventStreamHeaders(
  headers: Iterable<readonly [name: string, header: EventStreamHeader]>,
): Buffer {
  const parts: Buffer[] = [];
  for (const [name, header] of headers) {
    const nameBytes = Buffer.from(name, "utf8");
    if (nameBytes.length === 0 || nameBytes.length > MOST_NAME_BYTES) {
      throw new EventStreamError(`a header's name of ${nameBytes.length} bytes`);
    }
    parts.push(Buffer.of(nameBytes.length), nameBytes, encodeValue(header));
  }
  return Buffer.concat(parts);
}

function encodeValue(header: EventStreamHeader): Buffer {
  switch (header.type) {
    case "boolean":
      return Buffer.of(header.value ? TRUE : FALSE);
    case "byte":
    case "short":
    case "integer": {
      const [type, bytes] = INTEGERS[header.type];
      const out = Buffer.alloc(1 + bytes);
      out[0] = type;
      out.writeIntBE(header.value, 1, bytes);
      return out;
    }
    case "long":
      return encodeLong(LONG, header.value);
    case "timestamp":
      return encodeLong(TIMESTAMP, BigInt(header.value.getTime()));
    case "binary":
      return encodeBytes(BINARY, header.value);
    case "string":
      return encodeBytes(STRING, Buffer.from(header.value, "utf8"));
    default:
      if (!UUID_TEXT.test(header.value)) throw new EventStreamError("a header's UUID is none");
      return Buffer.concat([Buffer.of(UUID), Buffer.from(header.value.replaceAll("-", ""), "hex")]);
  }
}

function encodeLong(type: number, value: bigint): Buffer {
  const out = Buffer.alloc(9);
  out[0] = type;
  out.writeBigInt64BE(value, 1);
  return out;
}

function encodeBytes(type: number, bytes: Uint8Array): Buffer {
  if (bytes.length > wireLimits.eventStreamHeaderValueBytes) {
    throw new EventStreamError(`a header's value of ${bytes.length} bytes`);
  }
  const out = Buffer.allocUnsafe(3 + bytes.length);
  out[0] = type;
  out.writeUInt16BE(bytes.length, 1);
  out.set(bytes, 3);
  return out;
}

/** Reads all headers of a message; a name that comes twice is an error. */
export function decodeEventStreamHeaders(bytes: Buffer): Map<string, EventStreamHeader> {
  const headers = new Map<string, EventStreamHeader>();
  const reader = new HeaderReader(bytes);
  while (!reader.done) {
    const name = reader.text(reader.take(1).readUInt8());
    if (name === "") throw new EventStreamError("a header without a name");
    if (headers.has(name)) throw new EventStreamError("a header that comes twice");
    headers.set(name, decodeValue(reader));
  }
  return headers;
}

function decodeValue(reader: HeaderReader): EventStreamHeader {
  const type = reader.take(1).readUInt8();
  switch (type) {
    case TRUE:
    case FALSE:
      return { type: "boolean", value: type === TRUE };
    case BYTE:
      return { type: "byte", value: reader.take(1).readInt8() };
    case SHORT:
      return { type: "short", value: reader.take(2).readInt16BE() };
    case INTEGER:
      return { type: "integer", value: reader.take(4).readInt32BE() };
    case LONG:
      return { type: "long", value: reader.take(8).readBigInt64BE() };
    case BINARY:
      return { type: "binary", value: Buffer.from(reader.value()) };
    case STRING:
      return { type: "string", value: decodeUtf8(reader.value()) };
    case TIMESTAMP:
      return { type: "timestamp", value: decodeTimestamp(reader.take(8).readBigInt64BE()) };
    case UUID:
      return { type: "uuid", value: formatUuid(reader.take(16).toString("hex")) };
    default:
      throw new EventStreamError(`a header's value of the unknown type ${type}`);
  }
}

function decodeTimestamp(milliseconds: bigint): Date {
  const date = new Date(Number(milliseconds));
  if (Number.isNaN(date.getTime())) throw new EventStreamError("a header's timestamp is out of range");
  return date;
}

function formatUuid(hex: string): string {
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function decodeUtf8(bytes: Buffer): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new EventStreamError("a header is not UTF-8");
  }
}

class HeaderReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get done(): boolean {
    return this.#at === this.#bytes.length;
  }

  take(length: number): Buffer {
    if (this.#bytes.length - this.#at < length) throw new EventStreamError("a header is cut off");
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  text(length: number): string {
    return decodeUtf8(this.take(length));
  }

  value(): Buffer {
    const length = this.take(2).readUInt16BE();
    if (length > wireLimits.eventStreamHeaderValueBytes) {
      throw new EventStreamError(`a header's value of ${length} bytes`);
    }
    return this.take(length);
  }
}
