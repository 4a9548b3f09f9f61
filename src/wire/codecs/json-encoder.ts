import type { Shape, StructureShape, Target, TimestampFormat } from "../model/table.ts";
import { setEntry } from "./entries.ts";
import { isBodyMember } from "./json-decoder.ts";
import { formatTimestamp } from "./timestamps.ts";

/** Turns a handler's output into what JSON.stringify or encodeCbor writes: absent and unknown members are left out. */
export type JsonEncoder = (value: unknown) => unknown;

/** Compiles an encoder for a shape, once per shape. */
export class JsonEncoders {
  readonly #format: "json" | "cbor";
  readonly #compounds = new Map<Shape, JsonEncoder>();

  constructor(format: "json" | "cbor" = "json") {
    this.#format = format;
  }

  of(target: Target): JsonEncoder {
    const { shape } = target;
    const cbor = this.#format === "cbor";
    switch (shape.kind) {
      case "blob":
        return cbor ? toBytes : encodeBlob;
      case "timestamp":
        return cbor ? same : timestampEncoder(shape.timestampFormat ?? "epoch-seconds");
      case "number":
        return cbor ? same : encodeNumber;
      case "list":
      case "map":
      case "structure":
        return this.#compound(shape);
      default:
        return same;
    }
  }

  #compound(shape: Shape): JsonEncoder {
    const known = this.#compounds.get(shape);
    if (known !== undefined) return known;
    let compiled: JsonEncoder | undefined;
    this.#compounds.set(shape, (value) => (compiled as JsonEncoder)(value));
    compiled = this.#compile(shape);
    this.#compounds.set(shape, compiled);
    return compiled;
  }

  #compile(shape: Shape): JsonEncoder {
    switch (shape.kind) {
      case "list": {
        const element = this.of(shape.element);
        return (value) =>
          (value as readonly unknown[]).map((entry) =>
            entry === null || entry === undefined ? null : element(entry),
          );
      }
      case "map": {
        const encode = this.of(shape.value);
        return (value) => {
          const encoded: Record<string, unknown> = {};
          for (const [name, entry] of Object.entries(value as object)) {
            if (entry !== undefined) setEntry(encoded, name, entry === null ? null : encode(entry));
          }
          return encoded;
        };
      }
      case "structure":
        return this.#structure(shape);
      default:
        throw new Error(`no encoder for ${shape.kind}`);
    }
  }

  #structure(shape: StructureShape): JsonEncoder {
    const parts = shape.members.filter(isBodyMember).map((member) => ({
      name: member.name,
      wireName: this.#format === "json" ? (member.traits.jsonName ?? member.name) : member.name,
      encode: this.of(member),
    }));
    return (value) => {
      const object = value as Readonly<Record<string, unknown>>;
      const encoded: Record<string, unknown> = {};
      for (const { name, wireName, encode } of parts) {
        const entry = object[name];
        if (entry !== undefined && entry !== null) encoded[wireName] = encode(entry);
      }
      return encoded;
    };
  }
}

function same(value: unknown): unknown {
  return value;
}

function toBytes(value: unknown): unknown {
  return typeof value === "string" ? Buffer.from(value, "utf8") : value;
}

function encodeBlob(value: unknown): unknown {
  if (typeof value === "string") return Buffer.from(value, "utf8").toString("base64");
  const bytes = value as Uint8Array;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}

/** JSON has no form for numbers that are none. */
function encodeNumber(value: unknown): unknown {
  return typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
}

function timestampEncoder(format: TimestampFormat): JsonEncoder {
  return format === "epoch-seconds"
    ? (value) => (value as Date).getTime() / 1000
    : (value) => formatTimestamp(value as Date, format);
}
