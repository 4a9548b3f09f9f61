import { ServiceError } from "../../base/index.ts";
import { isBodyMember } from "../codecs/json-decoder.ts";
import { decodeXmlStructure, decodeXmlTarget } from "../codecs/xml-decoder.ts";
import { namespaceAttribute, XmlEncoder, xmlElement } from "../codecs/xml-encoder.ts";
import { parseXml } from "../codecs/xml-parser.ts";
import { EventReader, requestEvents } from "../event-stream/event-decoder.ts";
import { EVENT_STREAM_TYPE, EventEncoder } from "../event-stream/event-encoder.ts";
import { eventStreamMember } from "../event-stream/event-member.ts";
import type { Member, OperationModel, ServiceModel, StructureShape } from "../model/table.ts";
import { xmlEvents } from "./event-formats.ts";
import { asBody, isRawPayload, RequestBindings, ResponseBindings, rawPayload } from "./http-bindings.ts";
import type { OperationCodec, Protocol } from "./protocol.ts";

const XML_TYPE = "application/xml";
const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n';

/** https://smithy.io/2.0/aws/protocols/aws-restxml-protocol.html with S3's customizations */
export function createRestXml(model: ServiceModel): Protocol {
  const xml = new XmlEncoder("date-time-ms");
  const xmlns = namespaceAttribute(model.xmlNamespace);
  return {
    codec: (operation) => operationCodec(operation, model, xml, xmlns),
    error(error, context) {
      const status = error.status;
      const headers: Record<string, string> = {};
      // Neither of the two has a body; clients read the status alone.
      if (context.method === "HEAD" || status === 304) return { status, headers };
      const members = Object.entries(error.members).map(([name, value]) => xmlElement(name, String(value)));
      const resource = "Resource" in error.members ? "" : xmlElement("Resource", context.path);
      headers["content-type"] = XML_TYPE;
      return {
        status,
        headers,
        body: `${DECLARATION}<Error>${xmlElement("Code", error.code)}${xmlElement("Message", error.message)}${members.join("")}${resource}${xmlElement("RequestId", context.requestId)}${xmlElement("HostId", context.extendedRequestId)}</Error>`,
      };
    },
    unreadable: ({ message, parameter }) =>
      parameter === undefined ? malformedXml() : invalidArgument(message, parameter),
    invalid: (message) => new ServiceError({ code: "InvalidRequest", status: 400, message }),
    unknownOperation: (request) =>
      new ServiceError({
        code: "MethodNotAllowed",
        status: 405,
        message: "The specified method is not allowed against this resource.",
        members: { Method: request.method, ResourceType: "SERVICE" },
      }),
    internalError: () =>
      new ServiceError({
        code: "InternalError",
        status: 500,
        message: "We encountered an internal error. Please try again.",
      }),
    unavailable: (message) => new ServiceError({ code: "ServiceUnavailable", status: 503, message }),
  };
}

function malformedXml(): ServiceError {
  return new ServiceError({
    code: "MalformedXML",
    status: 400,
    message: "The XML you provided was not well-formed or did not validate against our published schema",
  });
}

function invalidArgument(message: string, parameter: { name: string; value: string }): ServiceError {
  return new ServiceError({
    code: "InvalidArgument",
    status: 400,
    message,
    members: { ArgumentName: parameter.name, ArgumentValue: parameter.value },
  });
}

/** What the operation can't do without: a header, a parameter or the body. */
function missing({ name, traits }: Member): ServiceError {
  if (traits.httpPayload === 1) {
    return new ServiceError({
      code: "MissingRequestBodyError",
      status: 400,
      message: "Request Body is empty",
    });
  }
  const what =
    traits.httpHeader === undefined
      ? `parameter for this request: ${traits.httpQuery ?? name}`
      : `header for this request: ${traits.httpHeader.toLowerCase()}`;
  return new ServiceError({ code: "InvalidRequest", status: 400, message: `Missing required ${what}` });
}

function operationCodec(
  operation: OperationModel,
  model: ServiceModel,
  xml: XmlEncoder,
  xmlns: string,
): OperationCodec {
  const { input, output } = operation;
  const requests = new RequestBindings(input);
  const responses = new ResponseBindings(output);
  const { payload } = requests;
  const format = xmlEvents(xml, xmlns);
  const eventsIn = eventStreamMember(input);
  const eventsOut = eventStreamMember(output);
  const reader = eventsIn && new EventReader(eventsIn.union, format);
  const encoder = eventsOut && new EventEncoder(eventsOut.union, format, model);
  const bodyMembers = payload === undefined && input.members.some(isBodyMember);
  const usualStatus = operation.traits.http?.[2] ?? 200;
  const answerPayload = responses.payload;
  const required = input.members.filter((member) => member.required);
  return {
    operation,
    streams: eventsIn !== undefined ? "events" : payload?.traits.streaming === 1 ? "bytes" : false,

    decode(request) {
      let decoded: Record<string, unknown> = {};
      if (payload !== undefined) {
        if (reader !== undefined) decoded[payload.name] = requestEvents(request.messages, reader);
        else if (isRawPayload(payload)) decoded[payload.name] = rawPayload(payload, request);
        else if (request.body.length > 0) {
          decoded[payload.name] = decodeXmlTarget(payload, parseXml(request.body));
        }
      } else if (bodyMembers && request.body.length > 0) {
        decoded = decodeXmlStructure(input, parseXml(request.body));
      }
      requests.decodeInto(decoded, request);
      for (const member of required) if (decoded[member.name] === undefined) throw missing(member);
      return decoded;
    },

    encode(value, context) {
      const status = responses.status(value, usualStatus);
      const headers: Record<string, string> = {};
      responses.encodeInto(headers, value);
      if (status === 204 || status === 304) return { status, headers };
      if (answerPayload !== undefined) {
        const content = value[answerPayload.name];
        if (content === undefined || content === null) return { status, headers, body: "" };
        if (encoder !== undefined) {
          headers["content-type"] ??= EVENT_STREAM_TYPE;
          return { status, headers, source: { encoder, events: content as AsyncIterable<unknown> } };
        }
        if (isRawPayload(answerPayload)) return { status, headers, body: asBody(content) };
        headers["content-type"] = XML_TYPE;
        const { shape } = answerPayload;
        const name =
          answerPayload.traits.xmlName ?? (shape.kind === "structure" ? shape.name : answerPayload.name);
        return {
          status,
          headers,
          body: `${DECLARATION}${xml.structure(name, shape as StructureShape, content, xmlns)}`,
        };
      }
      if (!responses.hasBody || context.method === "HEAD") return { status, headers, body: "" };
      headers["content-type"] = XML_TYPE;
      return { status, headers, body: `${DECLARATION}${encodeRoot(operation, xml, value, xmlns)}` };
    },
  };
}

/** The root element is named after the shape; S3 writes the one member of GetBucketLocation without a parent. */
function encodeRoot(
  operation: OperationModel,
  xml: XmlEncoder,
  value: Readonly<Record<string, unknown>>,
  xmlns: string,
): string {
  const { output } = operation;
  const name = output.traits.xmlName ?? output.name;
  const [only] = output.members;
  if (operation.name === "GetBucketLocation" && only !== undefined) {
    const location = value[only.name];
    return location === undefined || location === null || location === ""
      ? `<${name}${xmlns}/>`
      : `<${name}${xmlns}>${xml.text(location)}</${name}>`;
  }
  return xml.structure(name, output, value, xmlns);
}
