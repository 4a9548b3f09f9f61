import { decodeCbor } from "../codecs/cbor.ts";
import { isBodyMember, JsonDecoders } from "../codecs/json-decoder.ts";
import { JsonEncoders } from "../codecs/json-encoder.ts";
import { decodeXmlStructure, decodeXmlTarget } from "../codecs/xml-decoder.ts";
import { XmlEncoder } from "../codecs/xml-encoder.ts";
import { parseXml } from "../codecs/xml-parser.ts";
import { EventReader } from "../event-stream/event-decoder.ts";
import { eventStreamMember } from "../event-stream/event-member.ts";
import type { PayloadFormat } from "../event-stream/payload-format.ts";
import type { Member, OperationModel, ServiceModel, StructureShape } from "../model/table.ts";
import { cborEvents } from "../protocols/cbor-bodies.ts";
import { jsonEvents, xmlEvents } from "../protocols/event-formats.ts";
import { decodeBoundMember, isRawPayload } from "../protocols/http-bindings.ts";
import { parseJsonObject } from "../protocols/json-body.ts";

type Fields = Record<string, unknown>;

export interface AnswerHead {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

/** The fields of an error: `code` and `message`, and what else came with them. */
export interface ErrorFields {
  readonly code: string;
  readonly message: string;
  readonly members: Readonly<Fields>;
}

export interface ResponseDecoder {
  /** All of an output but its stream, if it has one. */
  output(operation: OperationModel, head: AnswerHead, body: Uint8Array): Fields;
  error(head: AnswerHead, body: Uint8Array): ErrorFields;
  readonly events: PayloadFormat;
}

/** The client's side of the protocols in ../protocols. */
export function responseDecoder(model: ServiceModel): ResponseDecoder {
  switch (model.protocol) {
    case "restXml":
    case "awsQuery":
      return xmlDecoder(model);
    case "rpcv2Cbor":
    case "awsCbor1_1": {
      const timestamps = model.protocol === "rpcv2Cbor" ? 1 : 1_000;
      return documentDecoder(
        model,
        new JsonDecoders("cbor"),
        (body) => decodeCbor(body, timestamps),
        cborEvents("application/cbor", timestamps),
      );
    }
    default: {
      const decoders = new JsonDecoders("typed");
      return documentDecoder(
        model,
        decoders,
        parseJsonObject,
        jsonEvents("application/json", new JsonEncoders(), decoders),
      );
    }
  }
}

export interface StreamedMember {
  readonly name: string;
  /** Absent: it is a stream of bytes. */
  readonly reader?: (format: PayloadFormat) => EventReader;
}

/** The member of an output that is read as it comes. */
export function streamedMember(operation: OperationModel): StreamedMember | undefined {
  const events = eventStreamMember(operation.output);
  if (events !== undefined)
    return { name: events.name, reader: (format) => new EventReader(events.union, format) };
  const bytes = operation.output.members.find(({ traits }) => traits.streaming === 1);
  return bytes === undefined ? undefined : { name: bytes.name };
}

function documentDecoder(
  model: ServiceModel,
  decoders: JsonDecoders,
  parse: (body: Uint8Array) => unknown,
  events: PayloadFormat,
): ResponseDecoder {
  const decode = (shape: StructureShape, body: Uint8Array): Fields =>
    body.length === 0 ? {} : (decoders.of({ shape, traits: {} })(parse(body)) as Fields);
  return {
    events,
    output: (operation, head, body) =>
      decodeBindings(
        operation.output,
        head,
        body,
        (shape, bytes) => decode(shape, bytes),
        (payload, bytes) => decoders.of(payload)(parse(bytes)),
      ),
    error(head, body) {
      const fields = errorDocument(() => (body.length === 0 ? {} : parse(body)));
      const named = head.headers["x-amzn-errortype"] ?? textOf(fields["__type"]) ?? textOf(fields["code"]);
      const code = (named ?? "UnknownError").replace(/^.*#/, "").replace(/:.*$/, "");
      const message = textOf(fields["message"]) ?? textOf(fields["Message"]) ?? code;
      const shape = model.errors.get(code);
      const members =
        shape === undefined ? fields : errorDocument(() => decoders.of({ shape, traits: {} })(fields));
      return { code, message, members };
    },
  };
}

function xmlDecoder(model: ServiceModel): ResponseDecoder {
  const query = model.protocol === "awsQuery";
  return {
    events: xmlEvents(new XmlEncoder("date-time"), ""),
    output(operation, head, body) {
      if (!query) {
        return decodeBindings(
          operation.output,
          head,
          body,
          (shape, bytes) => decodeXmlStructure(shape, parseXml(bytes)),
          (payload, bytes) => decodeXmlTarget(payload, parseXml(bytes)),
        );
      }
      const { children } = parseXml(body);
      const result = children.find(({ name }) => name === `${operation.name}Result`);
      return result === undefined ? {} : decodeXmlStructure(operation.output, result);
    },
    error(head, body) {
      const fallback = { code: `Http${head.status}`, message: `status ${head.status}`, members: {} };
      try {
        const root = parseXml(body);
        const error = root.name === "Error" ? root : root.children.find(({ name }) => name === "Error");
        if (error === undefined) return fallback;
        const members = Object.fromEntries(error.children.map(({ name, text }) => [name, text]));
        const { Code: code = fallback.code, Message: message = code } = members;
        return { code, message, members };
      } catch {
        return fallback;
      }
    },
  };
}

/** Members from status, headers and body, wherever the model puts them. */
function decodeBindings(
  shape: StructureShape,
  { status, headers }: AnswerHead,
  body: Uint8Array,
  decodeBody: (shape: StructureShape, body: Uint8Array) => Fields,
  decodePayload: (payload: Member, body: Uint8Array) => unknown,
): Fields {
  const payload = shape.members.find(({ traits }) => traits.httpPayload === 1);
  let output: Fields = {};
  if (payload === undefined) {
    if (shape.members.some(isBodyMember) && body.length > 0) output = decodeBody(shape, body);
  } else if (payload.traits.streaming !== 1) {
    if (isRawPayload(payload)) {
      output[payload.name] = payload.shape.kind === "string" ? Buffer.from(body).toString("utf8") : body;
    } else if (body.length > 0) output[payload.name] = decodePayload(payload, body);
  }
  for (const member of shape.members) {
    if (member.traits.httpResponseCode === 1) output[member.name] = status;
    const value = decodeBoundMember(member, headers);
    if (value !== undefined) output[member.name] = value;
  }
  return output;
}

/** Whatever stands before the service may answer, and in any form. */
function errorDocument(read: () => unknown): Fields {
  try {
    const value = read();
    return typeof value === "object" && value !== null ? (value as Fields) : {};
  } catch {
    return {};
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
