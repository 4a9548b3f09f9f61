import { ServiceError } from "../../base/index.ts";
import { isBodyMember, JsonDecoders } from "../codecs/json-decoder.ts";
import { JsonEncoders } from "../codecs/json-encoder.ts";
import { EventReader, requestEvents } from "../event-stream/event-decoder.ts";
import { EVENT_STREAM_TYPE, EventEncoder } from "../event-stream/event-encoder.ts";
import { eventStreamMember } from "../event-stream/event-member.ts";
import type { OperationModel, ServiceModel, StructureShape } from "../model/table.ts";
import { jsonEvents } from "./event-formats.ts";
import { asBody, isRawPayload, RequestBindings, ResponseBindings, rawPayload } from "./http-bindings.ts";
import { parseJsonObject } from "./json-body.ts";
import type { AnswerContext, OperationCodec, Protocol, WireResponse } from "./protocol.ts";

const JSON_TYPE = "application/json";

/** https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html */
export function createRestJson(model: ServiceModel): Protocol {
  const decoders = new JsonDecoders("typed");
  const encoders = new JsonEncoders();
  const errors = new JsonErrors(model, encoders);
  return {
    codec: (operation) => operationCodec(operation, model, decoders, encoders),
    error: (error, context) => errors.encode(error, context),
    unreadable: (error) =>
      new ServiceError({ code: "SerializationException", status: 400, message: error.message }),
    invalid: (message) => new ServiceError({ code: "ValidationException", status: 400, message }),
    unknownOperation: () =>
      new ServiceError({ code: "UnknownOperationException", status: 404, message: "Unknown operation" }),
    internalError: () =>
      new ServiceError({
        code: "ServiceException",
        status: 500,
        message: "An error occurred and the request cannot be processed.",
      }),
    unavailable: (message) => new ServiceError({ code: "ServiceException", status: 503, message }),
  };
}

function operationCodec(
  operation: OperationModel,
  model: ServiceModel,
  decoders: JsonDecoders,
  encoders: JsonEncoders,
): OperationCodec {
  const requests = new RequestBindings(operation.input);
  const responses = new ResponseBindings(operation.output);
  const decodeBody = operation.input.members.some(isBodyMember)
    ? decoders.of({ shape: operation.input, traits: {} })
    : undefined;
  const encodeBody = encoders.of({ shape: operation.output, traits: {} });
  const usualStatus = operation.traits.http?.[2] ?? 200;
  const { payload } = requests;
  const format = jsonEvents(JSON_TYPE, encoders, decoders);
  const eventsIn = eventStreamMember(operation.input);
  const eventsOut = eventStreamMember(operation.output);
  const reader = eventsIn && new EventReader(eventsIn.union, format);
  const encoder = eventsOut && new EventEncoder(eventsOut.union, format, model);
  const decodePayload = payload !== undefined && !isRawPayload(payload) ? decoders.of(payload) : undefined;
  const encodePayload =
    responses.payload !== undefined && !isRawPayload(responses.payload)
      ? encoders.of(responses.payload)
      : undefined;
  return {
    operation,
    streams: eventsIn !== undefined ? "events" : payload?.traits.streaming === 1 ? "bytes" : false,

    decode(request) {
      let input: Record<string, unknown> = {};
      if (reader !== undefined && payload !== undefined) {
        input[payload.name] = requestEvents(request.messages, reader);
      } else if (payload !== undefined) {
        if (decodePayload === undefined) input[payload.name] = rawPayload(payload, request);
        else if (request.body.length > 0) input[payload.name] = decodePayload(parseJsonObject(request.body));
      } else if (decodeBody !== undefined && request.body.length > 0) {
        input = decodeBody(parseJsonObject(request.body)) as Record<string, unknown>;
      }
      requests.decodeInto(input, request);
      return input;
    },

    encode(output) {
      const status = responses.status(output, usualStatus);
      const headers: Record<string, string> = {};
      responses.encodeInto(headers, output);
      if (status === 204) return { status, headers };
      if (responses.payload !== undefined) {
        const value = output[responses.payload.name];
        if (value === undefined || value === null) return { status, headers, body: "" };
        if (encoder !== undefined) {
          headers["content-type"] ??= EVENT_STREAM_TYPE;
          return { status, headers, source: { encoder, events: value as AsyncIterable<unknown> } };
        }
        headers["content-type"] ??= JSON_TYPE;
        if (encodePayload === undefined) return { status, headers, body: asBody(value) };
        return { status, headers, body: JSON.stringify(encodePayload(value)) };
      }
      if (!responses.hasBody) return { status, headers, body: "" };
      headers["content-type"] = JSON_TYPE;
      return { status, headers, body: JSON.stringify(encodeBody(output)) };
    },
  };
}

/** Errors whose key for the message no shape tells. */
const CAPITALIZED_MESSAGES = new Set(["AccessDeniedException", "RequestEntityTooLargeException"]);

/** `x-amzn-ErrorType`, and a body with `Type` for errors that the model knows; the message's key is the shape's. */
class JsonErrors {
  readonly #model: ServiceModel;
  readonly #encoders: JsonEncoders;
  readonly #bindings = new Map<StructureShape, ResponseBindings>();

  constructor(model: ServiceModel, encoders: JsonEncoders) {
    this.#model = model;
    this.#encoders = encoders;
  }

  encode(error: ServiceError, _context: AnswerContext): WireResponse {
    const headers: Record<string, string> = {
      "content-type": JSON_TYPE,
      "x-amzn-errortype": error.code,
    };
    const shape = this.#model.errors.get(error.code);
    if (shape === undefined) {
      const key = CAPITALIZED_MESSAGES.has(error.code) ? "Message" : "message";
      return {
        status: error.status,
        headers,
        body: JSON.stringify({ [key]: error.message, ...error.members }),
      };
    }
    let bindings = this.#bindings.get(shape);
    if (bindings === undefined) {
      bindings = new ResponseBindings(shape);
      this.#bindings.set(shape, bindings);
    }
    const key = shape.members.find(({ name }) => name.toLowerCase() === "message")?.name ?? "message";
    const members = {
      Type: error.fault === "client" ? "User" : "Service",
      [key]: error.message,
      ...error.members,
    };
    bindings.encodeInto(headers, members);
    const body = this.#encoders.of({ shape, traits: {} })(members) as Record<string, unknown>;
    return { status: error.status, headers, body: JSON.stringify({ [key]: error.message, ...body }) };
  }
}
