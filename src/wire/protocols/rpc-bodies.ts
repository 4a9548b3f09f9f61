import { crc32 } from "node:zlib";
import { type JsonBodies, JsonDecoders } from "../codecs/json-decoder.ts";
import { JsonEncoders } from "../codecs/json-encoder.ts";
import type { PayloadFormat } from "../event-stream/payload-format.ts";
import { jsonEvents } from "./event-formats.ts";
import { parseJsonObject } from "./json-body.ts";

/** How a protocol whose operations are called by name writes bodies. */
export interface RpcBodies {
  readonly mediaType: string;
  /** Headers of every answer, beside its type. */
  readonly headers: Readonly<Record<string, string>>;
  /** Values stay what the parser gave, and outputs are written as they are. */
  readonly plain: boolean;
  readonly decoders: JsonDecoders;
  readonly encoders: JsonEncoders;
  readonly events: PayloadFormat;
  parse(body: Uint8Array): unknown;
  write(value: unknown): string | Uint8Array;
  /** Answers to operations that have no output carry an empty structure nevertheless. */
  readonly writesEmpty: boolean;
  readonly unknownOperationStatus: number;
}

export function jsonRpcBodies(mediaType: string, bodies: JsonBodies): RpcBodies {
  const decoders = new JsonDecoders(bodies);
  const encoders = new JsonEncoders();
  return {
    mediaType,
    headers: {},
    plain: bodies === "plain",
    decoders,
    encoders,
    events: jsonEvents(mediaType, encoders, decoders),
    parse: parseJsonObject,
    write: JSON.stringify,
    writesEmpty: false,
    unknownOperationStatus: 400,
  };
}

export function crc32Header(body: string | Uint8Array): Readonly<Record<string, string>> {
  return { "x-amz-crc32": String(crc32(body)) };
}
