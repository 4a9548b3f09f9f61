import type { ServiceError } from "../../base/index.ts";
import type { Member, ServiceModel, SimpleShape, StructureShape } from "../model/table.ts";
import { EventStreamError } from "./error.ts";
import type { EventStreamHeader } from "./headers.ts";
import { encodeEventStreamMessage } from "./message.ts";
import type { PayloadFormat } from "./payload-format.ts";

export const EVENT_STREAM_TYPE = "application/vnd.amazon.eventstream";

const NOTHING = new Uint8Array();
/** Their UTF-8 fits into a header. */
const MESSAGE_CHARACTERS = 8_192;
const INTEGER_LIMIT = 2 ** 31;

type Headers = Map<string, EventStreamHeader>;
type EncodeEvent = (value: unknown) => Buffer;

/** Frames the events of one event stream. https://smithy.io/2.0/spec/streaming.html#event-streams */
export class EventEncoder {
  readonly #events: ReadonlyMap<string, { readonly encode: EncodeEvent; readonly last: boolean }>;
  readonly #format: PayloadFormat;
  readonly #model: ServiceModel;
  /** Names of the exceptions that the stream itself has, by their shapes' names. */
  readonly #exceptions: ReadonlyMap<string, string>;

  constructor(union: StructureShape, format: PayloadFormat, model: ServiceModel) {
    this.#format = format;
    this.#model = model;
    this.#exceptions = new Map(
      union.members.filter(isException).map((member) => [(member.shape as StructureShape).name, member.name]),
    );
    this.#events = new Map(
      union.members.map((member) => [
        member.name,
        { encode: compileEvent(member, format), last: isException(member) },
      ]),
    );
  }

  /** `event` has one member, named after the kind of event. `last`: it is an exception, after which nothing comes. */
  encode(event: unknown): { readonly frame: Buffer; readonly last: boolean } {
    for (const [name, value] of Object.entries(event as object)) {
      const known = value === undefined ? undefined : this.#events.get(name);
      if (known !== undefined) return { frame: known.encode(value), last: known.last };
    }
    throw new EventStreamError("an event that the model does not know");
  }

  /** The frame that ends a stream which failed. */
  exception(error: ServiceError): Buffer {
    const shape = this.#model.errors.get(error.code);
    const key = shape?.members.find(({ name }) => name.toLowerCase() === "message")?.name ?? "message";
    const body = { [key]: error.message, ...error.members };
    const encode = this.#format.encoder({ shape: shape ?? MESSAGE_ONLY, traits: {} });
    const own = this.#exceptions.get(error.code);
    const headers = protocolHeaders("exception", own ?? error.code, this.#format.mediaType);
    if (own === undefined) {
      // botocore reads an exception that the stream's model lacks as if it were of the type "error".
      headers.set(":error-code", { type: "string", value: error.code });
      headers.set(":error-message", { type: "string", value: error.message.slice(0, MESSAGE_CHARACTERS) });
    }
    return encodeEventStreamMessage({ headers, payload: encode(body) });
  }

  /** The members of the output beside the stream, which protocols without HTTP bindings send first. */
  initialResponse(payload: Uint8Array): Buffer {
    return encodeEventStreamMessage({
      headers: protocolHeaders("event", "initial-response", this.#format.mediaType),
      payload,
    });
  }
}

const MESSAGE_ONLY: StructureShape = {
  kind: "structure",
  name: "Exception",
  traits: {},
  union: false,
  members: [{ name: "message", required: false, shape: { kind: "string" }, traits: {} }],
};

export function isException(member: Member): boolean {
  return member.shape.kind === "structure" && member.shape.traits.error !== undefined;
}

function protocolHeaders(kind: "event" | "exception", name: string, mediaType: string | undefined): Headers {
  const headers: Headers = new Map([
    [`:${kind}-type`, { type: "string", value: name }],
    [":message-type", { type: "string", value: kind }],
  ]);
  if (mediaType !== undefined) headers.set(":content-type", { type: "string", value: mediaType });
  return headers;
}

/** Members go to headers, one of them to the payload as it is, or all others together into a document. */
function compileEvent(event: Member, format: PayloadFormat): EncodeEvent {
  const kind = isException(event) ? "exception" : "event";
  if (event.shape.kind !== "structure") throw new EventStreamError(`the event ${event.name} is no structure`);
  const { members } = event.shape;
  const inHeaders = members.filter(({ traits }) => traits.eventHeader === 1);
  const payload = members.find(({ traits }) => traits.eventPayload === 1);
  const documentMembers = members.filter(({ traits }) => traits.eventHeader !== 1);
  const hasDocument = payload === undefined && documentMembers.length > 0;
  const document = hasDocument
    ? format.encoder({ shape: { ...event.shape, members: documentMembers }, traits: event.traits })
    : undefined;
  const encodePayload = payload === undefined ? undefined : payloadEncoder(payload, format);
  const mediaType = encodePayload?.mediaType ?? (hasDocument ? format.mediaType : undefined);
  return (value) => {
    const object = value as Readonly<Record<string, unknown>>;
    const headers = protocolHeaders(kind, event.name, mediaType);
    for (const member of inHeaders) {
      const entry = object[member.name];
      if (entry !== undefined && entry !== null) {
        headers.set(member.name, headerOf(member.shape as SimpleShape, entry));
      }
    }
    const entry = payload === undefined ? undefined : object[payload.name];
    const bytes =
      document?.(object) ??
      (entry === undefined || entry === null ? NOTHING : (encodePayload?.encode(entry) ?? NOTHING));
    return encodeEventStreamMessage({ headers, payload: bytes });
  };
}

function payloadEncoder(
  payload: Member,
  format: PayloadFormat,
): { readonly mediaType: string; encode(value: unknown): Uint8Array } {
  switch (payload.shape.kind) {
    case "blob":
      return { mediaType: "application/octet-stream", encode: bytesOf };
    case "string":
      return { mediaType: "text/plain", encode: (value) => Buffer.from(String(value), "utf8") };
    default:
      return { mediaType: format.mediaType, encode: format.encoder(payload) };
  }
}

function bytesOf(value: unknown): Uint8Array {
  return typeof value === "string" ? Buffer.from(value, "utf8") : (value as Uint8Array);
}

function headerOf(shape: SimpleShape, value: unknown): EventStreamHeader {
  switch (shape.kind) {
    case "boolean":
      return { type: "boolean", value: value as boolean };
    case "number": {
      const small = typeof value === "number" && value >= -INTEGER_LIMIT && value < INTEGER_LIMIT;
      return small ? { type: "integer", value } : { type: "long", value: BigInt(value as number | bigint) };
    }
    case "blob":
      return { type: "binary", value: bytesOf(value) };
    case "timestamp":
      return { type: "timestamp", value: value as Date };
    default:
      return { type: "string", value: String(value) };
  }
}

/**
 * The frames of a stream of events, taken from `source` only as fast as they are read. What `source` throws ends the
 * stream with an exception frame; `failure` says which. A reader that goes away ends `source` by its `return`.
 */
export async function* encodeEvents(
  encoder: EventEncoder,
  source: AsyncIterable<unknown>,
  failure: (thrown: unknown) => ServiceError,
  initial: Buffer | undefined,
): AsyncGenerator<Buffer, void, void> {
  if (initial !== undefined) yield initial;
  try {
    for await (const event of source) {
      const { frame, last } = encoder.encode(event);
      yield frame;
      if (last) return;
    }
  } catch (thrown) {
    yield encoder.exception(failure(thrown));
  }
}
