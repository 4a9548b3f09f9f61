import type { Readable } from "node:stream";
import { setEntry } from "../codecs/entries.ts";
import { SerializationError } from "../codecs/serialization-error.ts";
import { decodeSimpleText } from "../codecs/xml-decoder.ts";
import { encodeSimpleText } from "../codecs/xml-encoder.ts";
import type { QueryParameters } from "../http/request.ts";
import type { Member, Shape, SimpleShape, StructureShape } from "../model/table.ts";
import type { OperationRequest } from "./protocol.ts";

/** Members that travel in path, query and headers: https://smithy.io/2.0/spec/http-bindings.html */
export class RequestBindings {
  readonly #labels: readonly Member[];
  readonly #queries: readonly Member[];
  readonly #headers: readonly BoundHeader[];
  readonly #prefixes: readonly Member[];
  readonly payload: Member | undefined;

  constructor({ members }: StructureShape) {
    this.payload = members.find((member) => member.traits.httpPayload === 1);
    this.#labels = members.filter(({ traits }) => traits.httpLabel === 1);
    this.#queries = members.filter(({ traits }) => traits.httpQuery !== undefined);
    this.#headers = boundHeaders(members);
    this.#prefixes = members.filter(({ traits }) => traits.httpPrefixHeaders !== undefined);
  }

  decodeInto(
    input: Record<string, unknown>,
    { headers, labels, request: { query } }: OperationRequest,
  ): void {
    for (const { name, shape } of this.#labels) {
      const text = labels[name];
      if (text !== undefined) input[name] = decodeText(shape, name, text);
    }
    if (!query.empty) {
      for (const member of this.#queries) {
        const value = decodeQuery(member, query);
        if (value !== undefined) input[member.name] = value;
      }
    }
    for (const { header, key, name, shape } of this.#headers) {
      const text = headers[key];
      if (text !== undefined) input[name] = decodeHeader(shape, header, text);
    }
    for (const { name, traits } of this.#prefixes) {
      const value = decodePrefixed(traits.httpPrefixHeaders as string, headers);
      if (value !== undefined) input[name] = value;
    }
  }
}

/** A member that travels in a header. */
interface BoundHeader {
  readonly name: string;
  readonly shape: Shape;
  readonly header: string;
  /** The header's name in lower case. */
  readonly key: string;
}

function boundHeaders(members: readonly Member[]): BoundHeader[] {
  return members.flatMap(({ name, shape, traits: { httpHeader: header } }) =>
    header === undefined ? [] : [{ name, shape, header, key: header.toLowerCase() }],
  );
}

function decodeQuery({ shape, traits }: Member, query: QueryParameters): unknown {
  const name = traits.httpQuery as string;
  if (shape.kind === "list") {
    const { element } = shape;
    const values = query.all(name);
    return values.length === 0 ? undefined : values.map((value) => decodeText(element.shape, name, value));
  }
  const text = query.get(name);
  return text === undefined ? undefined : decodeText(shape, name, text);
}

function decodeHeader(shape: Shape, name: string, text: string): unknown {
  if (shape.kind !== "list") return decodeText(shape, name, text);
  const { element } = shape;
  return text.split(",").map((item) => decodeText(element.shape, name, item.trim()));
}

function decodeText(shape: Shape, name: string, text: string): unknown {
  if (shape.kind === "string") return text;
  try {
    return decodeSimpleText(shape as SimpleShape, text);
  } catch (error) {
    if (error instanceof SerializationError)
      throw new SerializationError(error.message, { name, value: text });
    throw error;
  }
}

/** The value of an output's member that travels in a header; undefined for others and absent ones. */
export function decodeBoundMember(member: Member, headers: Readonly<Record<string, string>>): unknown {
  const { httpHeader, httpPrefixHeaders } = member.traits;
  if (httpPrefixHeaders !== undefined) return decodePrefixed(httpPrefixHeaders, headers);
  const text = httpHeader === undefined ? undefined : headers[httpHeader.toLowerCase()];
  return text === undefined || httpHeader === undefined
    ? undefined
    : decodeHeader(member.shape, httpHeader, text);
}

function decodePrefixed(
  prefix: string,
  headers: Readonly<Record<string, string>>,
): Record<string, string> | undefined {
  const start = prefix.toLowerCase();
  const found: Record<string, string> = {};
  let any = false;
  for (const [name, value] of Object.entries(headers)) {
    if (!name.startsWith(start) || name === start) continue;
    setEntry(found, name.slice(start.length), value);
    any = true;
  }
  return any ? found : undefined;
}

/** Writes the members of an output, or of an error, that travel in headers and status. */
export class ResponseBindings {
  readonly #headers: readonly BoundHeader[];
  readonly #prefixes: readonly Member[];
  readonly #status: string | undefined;
  readonly payload: Member | undefined;
  /** Some member travels in the body without being all of it. */
  readonly hasBody: boolean;

  constructor(shape: StructureShape) {
    this.payload = shape.members.find((member) => member.traits.httpPayload === 1);
    this.#headers = boundHeaders(shape.members);
    this.#prefixes = shape.members.filter(({ traits }) => traits.httpPrefixHeaders !== undefined);
    this.#status = shape.members.find((member) => member.traits.httpResponseCode === 1)?.name;
    this.hasBody = shape.members.some(
      ({ name, traits }) =>
        name !== this.#status &&
        traits.httpHeader === undefined &&
        traits.httpPrefixHeaders === undefined &&
        traits.httpPayload === undefined,
    );
  }

  status(output: Readonly<Record<string, unknown>>, usual: number): number {
    const status = this.#status === undefined ? undefined : output[this.#status];
    if (typeof status === "number") return status;
    // No model says it, RFC 9110 section 15.3.7 does: an answer with Content-Range is a partial one.
    return usual === 200 && typeof output["ContentRange"] === "string" ? 206 : usual;
  }

  encodeInto(headers: Record<string, string>, output: Readonly<Record<string, unknown>>): void {
    for (const { key, name, shape } of this.#headers) {
      const value = output[name];
      if (value !== undefined && value !== null) headers[key] = headerText(encodeHeader(shape, value));
    }
    for (const { name, traits } of this.#prefixes) {
      const value = output[name];
      if (value === undefined || value === null) continue;
      for (const [key, entry] of Object.entries(value as Record<string, string>)) {
        headers[`${traits.httpPrefixHeaders}${key}`.toLowerCase()] = headerText(entry);
      }
    }
  }
}

function encodeHeader(shape: Shape, value: unknown): string {
  if (shape.kind !== "list") return encodeSimpleText(shape as SimpleShape, value, "http-date");
  const { element } = shape;
  return (value as readonly unknown[])
    .map((item) => encodeSimpleText(element.shape as SimpleShape, item, "http-date"))
    .join(",");
}

/** No header may end a line, and what is no byte is sent as UTF-8. */
export function headerText(text: string): string {
  if (!/[^\t\x20-\x7e]/.test(text)) return text;
  // oxlint-disable-next-line no-control-regex -- these are what has to go
  const line = text.replace(/[\u0000-\u0008\u000a-\u001f\u007f]/g, " ");
  return /[\u0100-\uffff]/.test(line) ? Buffer.from(line, "utf8").toString("latin1") : line;
}

/** The bytes of a payload member that is a blob or a string. */
export function isRawPayload(member: Member): boolean {
  return member.shape.kind === "blob" || member.shape.kind === "string" || member.traits.streaming === 1;
}

export function rawPayload(member: Member, request: OperationRequest): unknown {
  if (request.stream !== undefined) return request.stream;
  if (member.shape.kind === "string") return Buffer.from(request.body).toString("utf8");
  return request.body;
}

export function asBody(value: unknown): Uint8Array | string | Readable {
  return value as Uint8Array | string | Readable;
}
