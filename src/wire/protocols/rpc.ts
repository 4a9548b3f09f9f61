import { ServiceError } from "../../base/index.ts";
import { EVENT_STREAM_TYPE, EventEncoder } from "../event-stream/event-encoder.ts";
import { eventStreamMember } from "../event-stream/event-member.ts";
import type { OperationModel, ServiceModel } from "../model/table.ts";
import type { ServiceName } from "../service.ts";
import type { EncodedOutput, OperationCodec, Protocol, WireResponse } from "./protocol.ts";
import { queryErrorHeader } from "./query-errors.ts";
import { crc32Header, type RpcBodies } from "./rpc-bodies.ts";
import { errorType, type RpcDialect, rpcDialect } from "./rpc-dialects.ts";

/**
 * Protocols whose operations are called by name, in a header or the path, with all members in the body:
 * https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html, 1_1 and rpcv2Cbor.
 */
export function createRpc(model: ServiceModel, service: ServiceName, bodies: RpcBodies): Protocol {
  const dialect = rpcDialect(service);
  const answer = answerer(bodies, dialect);
  const failure = (code: string, status: number, message: string) =>
    new ServiceError({ code, status, message });
  return {
    codec: (operation) => operationCodec(operation, model, bodies, answer),
    error(error) {
      const modelled = model.errors.get(error.code);
      const key = modelled?.members.find(({ name }) => name.toLowerCase() === "message")?.name ?? "message";
      const body = {
        __type: errorType(error.code, modelled !== undefined, dialect),
        ...(error.code === "UnknownOperationException" ? {} : { [key]: error.message }),
        ...(bodies.plain || modelled === undefined
          ? error.members
          : (bodies.encoders.of({ shape: modelled, traits: {} })(error.members) as object)),
      };
      const response = answer(error.status, bodies.write(body));
      Object.assign(response.headers, queryErrorHeader(error, model));
      return response;
    },
    unreadable: (error) => failure("SerializationException", 400, error.message),
    invalid: (message) => failure(dialect.invalidCode, 400, message),
    unknownOperation: () => failure("UnknownOperationException", bodies.unknownOperationStatus, ""),
    internalError: () =>
      failure(
        dialect.internalCode,
        500,
        "The request processing has failed because of an unknown error, exception or failure.",
      ),
    unavailable: (message) => failure(dialect.unavailableCode, 503, message),
  };
}

type Answerer = (status: number, body: string | Uint8Array) => WireResponse;

function answerer(bodies: RpcBodies, dialect: RpcDialect): Answerer {
  return (status, body) => ({
    status,
    headers: {
      "content-type": bodies.mediaType,
      ...bodies.headers,
      ...(dialect.crc32 ? crc32Header(body) : {}),
    },
    body,
  });
}

function operationCodec(
  operation: OperationModel,
  model: ServiceModel,
  bodies: RpcBodies,
  answer: Answerer,
): OperationCodec {
  const { input, output } = operation;
  const decode = bodies.decoders.of({ shape: input, traits: {} });
  const encode = bodies.encoders.of({ shape: output, traits: {} });
  const hasBody = output.members.length > 0 || bodies.writesEmpty;
  const events = eventStreamMember(output);
  const encoder = events && new EventEncoder(events.union, bodies.events, model);
  const beside = output.members.filter(({ name }) => name !== events?.name);
  const encodeBeside = bodies.events.encoder({ shape: { ...output, members: beside }, traits: {} });
  return {
    operation,
    streams: false,
    decode: (request) =>
      decode(request.body.length === 0 ? {} : bodies.parse(request.body)) as Record<string, unknown>,
    encode: (value): EncodedOutput => {
      if (!hasBody) return answer(200, "");
      const source = events && value[events.name];
      if (encoder !== undefined && source !== undefined) {
        const initial = encoder.initialResponse(encodeBeside(value));
        const headers = { ...bodies.headers, "content-type": EVENT_STREAM_TYPE };
        return {
          status: 200,
          headers,
          source: { encoder, events: source as AsyncIterable<unknown>, initial },
        };
      }
      return answer(200, bodies.write(bodies.plain ? value : encode(value)));
    },
  };
}
