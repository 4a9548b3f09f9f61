import { type CborTimestamps, decodeCbor, encodeCbor } from "../codecs/cbor.ts";
import { JsonDecoders } from "../codecs/json-decoder.ts";
import { JsonEncoders } from "../codecs/json-encoder.ts";
import type { PayloadFormat } from "../event-stream/payload-format.ts";
import type { RpcBodies } from "./rpc-bodies.ts";

export function cborEvents(
  mediaType: string,
  timestamps: CborTimestamps,
  encoders = new JsonEncoders("cbor"),
  decoders = new JsonDecoders("cbor"),
): PayloadFormat {
  return {
    mediaType,
    encoder: (target) => {
      const encode = encoders.of(target);
      return (value) => encodeCbor(encode(value), timestamps);
    },
    decoder: (target) => {
      const decode = decoders.of(target);
      return (bytes) => decode(decodeCbor(bytes, timestamps));
    },
  };
}

function cborBodies(mediaType: string, timestamps: CborTimestamps): Omit<RpcBodies, "headers"> {
  const decoders = new JsonDecoders("cbor");
  const encoders = new JsonEncoders("cbor");
  return {
    mediaType,
    plain: false,
    decoders,
    encoders,
    events: cborEvents(mediaType, timestamps, encoders, decoders),
    parse: (body) => decodeCbor(body, timestamps),
    write: (value) => encodeCbor(value, timestamps),
    writesEmpty: true,
    unknownOperationStatus: 404,
  };
}

/** https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html */
export function rpcV2CborBodies(): RpcBodies {
  return { ...cborBodies("application/cbor", 1), headers: { "smithy-protocol": "rpc-v2-cbor" } };
}

export function awsCborBodies(): RpcBodies {
  return { ...cborBodies("application/x-amz-cbor-1.1", 1_000), headers: {} };
}
