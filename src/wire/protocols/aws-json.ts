import { crc32 } from "node:zlib";
import { ServiceError } from "../../base/index.ts";
import { type JsonBodies, JsonDecoders } from "../codecs/json-decoder.ts";
import { JsonEncoders } from "../codecs/json-encoder.ts";
import { EVENT_STREAM_TYPE, EventEncoder } from "../event-stream/event-encoder.ts";
import { eventStreamMember } from "../event-stream/event-member.ts";
import type { OperationModel, ServiceModel } from "../model/table.ts";
import type { ServiceName } from "../service.ts";
import { jsonEvents } from "./event-formats.ts";
import { parseJsonObject } from "./json-body.ts";
import type { EncodedOutput, OperationCodec, Protocol, WireResponse } from "./protocol.ts";

/** How services that speak awsJson differ from one another. */
interface JsonDialect {
  /** What stands before `#` in `__type`. */
  readonly namespace?: string;
  /** The error of whoever violates a constraint. */
  readonly invalidCode: string;
  /** Answers carry their CRC-32, as DynamoDB's do. */
  readonly crc32: boolean;
}

const DIALECTS: Partial<Readonly<Record<ServiceName, JsonDialect>>> = {
  dynamodb: {
    namespace: "com.amazonaws.dynamodb.v20120810",
    invalidCode: "ValidationException",
    crc32: true,
  },
  logs: { invalidCode: "InvalidParameterException", crc32: false },
};

const USUAL: JsonDialect = { invalidCode: "ValidationException", crc32: false };

/** Errors of the front end, with the namespaces that clients know them by. */
const FRONT_END: Readonly<Record<string, string>> = {
  UnknownOperationException: "com.amazon.coral.service",
  SerializationException: "com.amazon.coral.service",
  UnrecognizedClientException: "com.amazon.coral.service",
  MissingAuthenticationTokenException: "com.amazon.coral.service",
  IncompleteSignatureException: "com.amazon.coral.service",
  InvalidSignatureException: "com.amazon.coral.service",
  ExpiredTokenException: "com.amazon.coral.service",
  InternalFailure: "com.amazon.coral.service",
  ValidationException: "com.amazon.coral.validate",
};

/** https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html, and 1_1, which differs by its media type */
export function createAwsJson(model: ServiceModel, service: ServiceName, bodies: JsonBodies): Protocol {
  const decoders = new JsonDecoders(bodies);
  const encoders = new JsonEncoders();
  const dialect = DIALECTS[service] ?? USUAL;
  const contentType =
    model.protocol === "awsJson1_0" ? "application/x-amz-json-1.0" : "application/x-amz-json-1.1";

  const answer = (status: number, body: string): WireResponse => ({
    status,
    headers: {
      "content-type": contentType,
      ...(dialect.crc32 ? { "x-amz-crc32": String(crc32(body)) } : {}),
    },
    body,
  });

  const codec = (operation: OperationModel): OperationCodec => {
    const decode = decoders.of({ shape: operation.input, traits: {} });
    const encode = encoders.of({ shape: operation.output, traits: {} });
    const hasBody = operation.output.members.length > 0;
    const eventsOut = eventStreamMember(operation.output);
    const format = jsonEvents(contentType, encoders, decoders);
    const encoder = eventsOut && new EventEncoder(eventsOut.union, format, model);
    const beside = operation.output.members.filter(({ name }) => name !== eventsOut?.name);
    const encodeBeside = format.encoder({ shape: { ...operation.output, members: beside }, traits: {} });
    return {
      operation,
      streams: false,
      decode: (request) =>
        decode(request.body.length === 0 ? {} : parseJsonObject(request.body)) as Record<string, unknown>,
      encode: (output): EncodedOutput => {
        if (!hasBody) return answer(200, "");
        const events = eventsOut && output[eventsOut.name];
        if (encoder !== undefined && events !== undefined) {
          const initial = encoder.initialResponse(encodeBeside(output));
          const headers = { "content-type": EVENT_STREAM_TYPE };
          return {
            status: 200,
            headers,
            source: { encoder, events: events as AsyncIterable<unknown>, initial },
          };
        }
        return answer(200, JSON.stringify(bodies === "plain" ? output : encode(output)));
      },
    };
  };

  return {
    codec,
    error(error) {
      const modelled = model.errors.get(error.code);
      const namespace = modelled === undefined ? FRONT_END[error.code] : undefined;
      const prefix = namespace ?? dialect.namespace;
      const key = modelled?.members.find(({ name }) => name.toLowerCase() === "message")?.name ?? "message";
      const body = {
        __type: prefix === undefined ? error.code : `${prefix}#${error.code}`,
        ...(error.code === "UnknownOperationException" ? {} : { [key]: error.message }),
        ...(bodies === "plain" || modelled === undefined
          ? error.members
          : (encoders.of({ shape: modelled, traits: {} })(error.members) as object)),
      };
      return answer(error.status, JSON.stringify(body));
    },
    unreadable: (error) =>
      new ServiceError({ code: "SerializationException", status: 400, message: error.message }),
    invalid: (message) => new ServiceError({ code: dialect.invalidCode, status: 400, message }),
    unknownOperation: () => new ServiceError({ code: "UnknownOperationException", status: 400, message: "" }),
    internalError: () =>
      new ServiceError({
        code: service === "dynamodb" ? "InternalServerError" : "InternalFailure",
        status: 500,
        message: "The request processing has failed because of an unknown error, exception or failure.",
      }),
    unavailable: (message) =>
      new ServiceError({
        code: service === "logs" ? "ServiceUnavailableException" : "ServiceUnavailable",
        status: 503,
        message,
      }),
  };
}
