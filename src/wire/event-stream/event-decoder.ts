import { SerializationError } from "../codecs/serialization-error.ts";
import type { Member, StructureShape } from "../model/table.ts";
import { isException } from "./event-encoder.ts";
import { EventStreamDecoder, type EventStreamMessage } from "./message.ts";
import type { PayloadFormat } from "./payload-format.ts";

/** What one message of an event stream says. */
export type DecodedEvent =
  | { readonly kind: "event"; readonly name: string; readonly value: Record<string, unknown> }
  | { readonly kind: "exception"; readonly name: string; readonly value: Record<string, unknown> }
  /** The members of the input or output beside the stream, which protocols without HTTP bindings send first. */
  | { readonly kind: "initial"; readonly payload: Uint8Array }
  | { readonly kind: "error"; readonly code: string; readonly message: string }
  /** A kind of event that this model does not know; newer peers may send them. */
  | { readonly kind: "unknown"; readonly name: string };

/** Reads the events of one event stream. https://smithy.io/2.0/spec/streaming.html#event-streams */
export class EventReader {
  readonly #events: ReadonlyMap<
    string,
    { readonly decode: (message: EventStreamMessage) => Record<string, unknown>; readonly exception: boolean }
  >;
  readonly #format: PayloadFormat;

  constructor(union: StructureShape, format: PayloadFormat) {
    this.#format = format;
    this.#events = new Map(
      union.members.map((member) => [
        member.name,
        { decode: compileEvent(member, format), exception: isException(member) },
      ]),
    );
  }

  /** Throws SerializationError for a payload that does not fit the model. */
  read(message: EventStreamMessage): DecodedEvent {
    const type = text(message, ":message-type");
    switch (type) {
      case "event":
        return this.#event(message);
      case "exception":
        return this.#exception(message);
      case "error":
        return {
          kind: "error",
          code: text(message, ":error-code") ?? "UnknownError",
          message: text(message, ":error-message") ?? "",
        };
      default:
        throw new SerializationError(`An event stream's message is of the unknown type ${type ?? "none"}`);
    }
  }

  #event(message: EventStreamMessage): DecodedEvent {
    const name = text(message, ":event-type") ?? "";
    if (name === "initial-request" || name === "initial-response") {
      return { kind: "initial", payload: message.payload };
    }
    const known = this.#events.get(name);
    if (known === undefined || known.exception) return { kind: "unknown", name };
    return { kind: "event", name, value: known.decode(message) };
  }

  #exception(message: EventStreamMessage): DecodedEvent {
    const name = text(message, ":exception-type") ?? "UnknownError";
    const known = this.#events.get(name);
    if (known !== undefined) return { kind: "exception", name, value: known.decode(message) };
    const decode = this.#format.decoder({ shape: { kind: "document" }, traits: {} });
    try {
      const body = decode(message.payload);
      const value = typeof body === "object" && body !== null ? (body as Record<string, unknown>) : {};
      return { kind: "exception", name, value };
    } catch {
      return { kind: "exception", name, value: {} };
    }
  }
}

function text(message: EventStreamMessage, name: string): string | undefined {
  const header = message.headers.get(name);
  return header?.type === "string" ? header.value : undefined;
}

function compileEvent(
  event: Member,
  format: PayloadFormat,
): (message: EventStreamMessage) => Record<string, unknown> {
  if (event.shape.kind !== "structure")
    throw new SerializationError(`the event ${event.name} is no structure`);
  const { members } = event.shape;
  const inHeaders = members.filter(({ traits }) => traits.eventHeader === 1);
  const payload = members.find(({ traits }) => traits.eventPayload === 1);
  const documentMembers = members.filter(({ traits }) => traits.eventHeader !== 1);
  const decodeDocument =
    payload === undefined && documentMembers.length > 0
      ? format.decoder({ shape: { ...event.shape, members: documentMembers }, traits: event.traits })
      : undefined;
  const decodePayload = payload === undefined ? undefined : payloadDecoder(payload, format);
  return (message) => {
    let value: Record<string, unknown> = {};
    if (decodeDocument !== undefined && message.payload.length > 0) {
      value = decodeDocument(message.payload) as Record<string, unknown>;
    } else if (payload !== undefined && decodePayload !== undefined) {
      value[payload.name] = decodePayload(message.payload);
    }
    for (const member of inHeaders) {
      const header = message.headers.get(member.name);
      if (header !== undefined) value[member.name] = headerValue(member, header.value);
    }
    return value;
  };
}

function payloadDecoder(payload: Member, format: PayloadFormat): (bytes: Uint8Array) => unknown {
  switch (payload.shape.kind) {
    case "blob":
      return (bytes) => bytes;
    case "string":
      return (bytes) => Buffer.from(bytes).toString("utf8");
    default:
      return format.decoder(payload);
  }
}

const TYPES = {
  string: (value: unknown) => typeof value === "string",
  boolean: (value: unknown) => typeof value === "boolean",
  number: (value: unknown) => typeof value === "number",
  timestamp: (value: unknown) => value instanceof Date,
  blob: (value: unknown) => value instanceof Uint8Array,
} as const;

function headerValue(member: Member, value: unknown): unknown {
  const plain = typeof value === "bigint" && Number.isSafeInteger(Number(value)) ? Number(value) : value;
  const { kind } = member.shape;
  const fits = Object.hasOwn(TYPES, kind) && TYPES[kind as keyof typeof TYPES](plain);
  if (!fits && typeof value !== "bigint") {
    throw new SerializationError(`The header ${member.name} of an event is no ${kind}`);
  }
  return plain;
}

/** The messages of a stream of bytes, taken from it only as fast as they are read. Throws EventStreamError. */
export async function* decodeMessages(
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<EventStreamMessage, void, void> {
  const decoder = new EventStreamDecoder();
  for await (const bytes of source) yield* decoder.write(bytes);
  decoder.end();
}

/** The events of a request, each with one member named after its kind; kinds that the model lacks are passed over. */
export async function* requestEvents(
  messages: AsyncIterable<EventStreamMessage> | undefined,
  reader: EventReader,
): AsyncGenerator<Record<string, unknown>, void, void> {
  if (messages === undefined) return;
  for await (const message of messages) {
    const event = reader.read(message);
    if (event.kind === "event") yield { [event.name]: event.value };
    else if (event.kind === "exception" || event.kind === "error") {
      throw new SerializationError("A request's event stream holds an error");
    }
  }
}
