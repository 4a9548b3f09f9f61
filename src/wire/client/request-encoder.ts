import type { Readable } from "node:stream";
import { encodeCbor } from "../codecs/cbor.ts";
import { isBodyMember } from "../codecs/json-decoder.ts";
import { JsonEncoders } from "../codecs/json-encoder.ts";
import { encodeQueryInput } from "../codecs/query-encoder.ts";
import { namespaceAttribute, XmlEncoder } from "../codecs/xml-encoder.ts";
import type { OperationModel, ServiceModel, StructureShape } from "../model/table.ts";
import { isRawPayload } from "../protocols/http-bindings.ts";
import { encodeBindings, rawBody } from "./rest-request.ts";

/** A request before it is signed. `path` and `query` are as they go onto the wire. */
export interface EncodedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | Readable;
}

export type RequestEncoder = (
  operation: OperationModel,
  input: Readonly<Record<string, unknown>>,
) => EncodedRequest;

const NO_BODY = new Uint8Array();

/** The client's side of the protocols in ../protocols. */
export function requestEncoder(model: ServiceModel): RequestEncoder {
  switch (model.protocol) {
    case "restJson1": {
      const encoders = new JsonEncoders();
      return restEncoder("application/json", (shape) => {
        const encode = encoders.of({ shape, traits: {} });
        return (_, value) => JSON.stringify(encode(value));
      });
    }
    case "restXml": {
      const xml = new XmlEncoder("date-time");
      const xmlns = namespaceAttribute(model.xmlNamespace);
      const declaration = '<?xml version="1.0" encoding="UTF-8"?>';
      return restEncoder(
        "application/xml",
        (shape) => (name, value) => `${declaration}${xml.structure(name, shape, value, xmlns)}`,
      );
    }
    case "awsQuery":
      return (operation, input) => ({
        method: "POST",
        path: "/",
        query: "",
        headers: { "content-type": "application/x-www-form-urlencoded" },
        body: Buffer.from(encodeQueryInput(operation.name, model.version, operation.input, input), "utf8"),
      });
    case "rpcv2Cbor":
    case "awsCbor1_1":
      return cborEncoder(model);
    default:
      return jsonEncoder(model);
  }
}

function restEncoder(
  mediaType: string,
  document: (shape: StructureShape) => (name: string, value: unknown) => string,
): RequestEncoder {
  return (operation, input) => {
    const { headers, ...head } = encodeBindings(operation, input);
    const { members, name } = operation.input;
    const withBody = (type: string, body: Uint8Array | Readable): EncodedRequest => {
      headers["content-type"] ??= type;
      return { ...head, headers, body };
    };
    const payload = members.find(({ traits }) => traits.httpPayload === 1);
    if (payload !== undefined) {
      const value = input[payload.name];
      if (value === undefined || value === null) return { ...head, headers, body: NO_BODY };
      if (isRawPayload(payload)) return withBody("application/octet-stream", rawBody(value));
      const shape = payload.shape as StructureShape;
      const root = payload.traits.xmlName ?? shape.name;
      return withBody(mediaType, Buffer.from(document(shape)(root, value), "utf8"));
    }
    if (!members.some(isBodyMember)) return { ...head, headers, body: NO_BODY };
    return withBody(mediaType, Buffer.from(document(operation.input)(name, input), "utf8"));
  };
}

function jsonEncoder(model: ServiceModel): RequestEncoder {
  const encoders = new JsonEncoders();
  const version = model.protocol === "awsJson1_0" ? "1.0" : "1.1";
  return (operation, input) => ({
    method: "POST",
    path: "/",
    query: "",
    headers: {
      "content-type": `application/x-amz-json-${version}`,
      "x-amz-target": `${model.target}.${operation.name}`,
    },
    body: Buffer.from(JSON.stringify(encoders.of({ shape: operation.input, traits: {} })(input)), "utf8"),
  });
}

function cborEncoder(model: ServiceModel): RequestEncoder {
  const encoders = new JsonEncoders("cbor");
  const rpc = model.protocol === "rpcv2Cbor";
  return (operation, input) => ({
    method: "POST",
    path: rpc ? `/service/${model.target}/operation/${operation.name}` : "/",
    query: "",
    headers: rpc
      ? { "content-type": "application/cbor", "smithy-protocol": "rpc-v2-cbor", accept: "application/cbor" }
      : {
          "content-type": "application/x-amz-cbor-1.1",
          "x-amz-target": `${model.target}.${operation.name}`,
        },
    body: encodeCbor(encoders.of({ shape: operation.input, traits: {} })(input), rpc ? 1 : 1_000),
  });
}
