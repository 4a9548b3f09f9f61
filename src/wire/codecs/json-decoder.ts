import type { MapShape, Shape, StructureShape, Target, Traits } from "../model/table.ts";
import { setEntry } from "./entries.ts";
import { SerializationError } from "./serialization-error.ts";
import { parseEpochSeconds, parseTimestamp } from "./timestamps.ts";

/** Turns what JSON.parse or decodeCbor gave into what handlers receive; `null` members count as absent. */
export type JsonDecoder = (value: unknown) => unknown;

/**
 * `typed`: blobs become Uint8Array and timestamps Date, unknown members are left out. `plain`: types are checked and
 * the value stays as it is. `cbor`: like `typed`, but blobs and timestamps have types of their own already. The errors are those of AWS's own JSON parser as DynamoDB shows them.
 */
export type JsonBodies = "typed" | "plain" | "cbor";

/** Compiles a decoder for a shape, once per shape, so that shapes which contain themselves work. */
export class JsonDecoders {
  readonly #bodies: JsonBodies;
  readonly #structures = new Map<Shape, JsonDecoder>();

  constructor(bodies: JsonBodies) {
    this.#bodies = bodies;
  }

  of(target: Target): JsonDecoder {
    const { shape } = target;
    switch (shape.kind) {
      case "string":
        return decodeString;
      case "number":
        return decodeNumber;
      case "boolean":
        return decodeBoolean;
      case "timestamp":
        if (this.#bodies === "cbor") return expectDate;
        return this.#bodies === "plain" ? checkTimestamp : decodeTimestamp;
      case "blob":
        if (this.#bodies === "cbor") return expectBytes;
        return this.#bodies === "plain" ? checkBlob : decodeBlob;
      case "document":
        return (value) => value;
      default:
        return this.#compound(shape);
    }
  }

  #compound(shape: Exclude<Shape, { kind: "string" }>): JsonDecoder {
    const known = this.#structures.get(shape);
    if (known !== undefined) return known;
    // Stands in while the parts are compiled, which may need the whole.
    let compiled: JsonDecoder | undefined;
    this.#structures.set(shape, (value) => (compiled as JsonDecoder)(value));
    compiled = this.#compile(shape);
    this.#structures.set(shape, compiled);
    return compiled;
  }

  #compile(shape: Shape): JsonDecoder {
    switch (shape.kind) {
      case "list": {
        const element = this.of(shape.element);
        return this.#bodies === "plain" ? checkList(element) : decodeList(element);
      }
      case "map":
        return this.#map(shape);
      case "structure":
        return this.#structure(shape, shape.members.filter(isBodyMember));
      default:
        throw new Error(`no decoder for ${shape.kind}`);
    }
  }

  #map(shape: MapShape): JsonDecoder {
    const decode = this.of(shape.value);
    const plain = this.#bodies === "plain";
    return (value) => {
      const object = expectObject(value);
      const decoded: Record<string, unknown> = {};
      for (const name of Object.keys(object)) {
        const entry = object[name];
        const result = entry === null ? null : decode(entry);
        if (!plain) setEntry(decoded, name, result);
      }
      return plain ? object : decoded;
    };
  }

  /** Decodes the given members of a structure, which for a request body are those that nothing else carries. */
  #structure(shape: StructureShape, members: StructureShape["members"]): JsonDecoder {
    const plain = this.#bodies === "plain";
    const parts = members.map((member) => ({
      name: member.name,
      wireName: this.#bodies === "typed" ? (member.traits.jsonName ?? member.name) : member.name,
      decode: this.of(member),
    }));
    const union = shape.union && !plain;
    return (value) => {
      const object = expectObject(value);
      const decoded: Record<string, unknown> = {};
      let count = 0;
      for (const part of parts) {
        if (!Object.hasOwn(object, part.wireName)) continue;
        const entry = object[part.wireName];
        if (entry === null || entry === undefined) continue;
        const result = part.decode(entry);
        count++;
        if (!plain) decoded[part.name] = result;
      }
      if (union && count !== 1) {
        throw new SerializationError(`Union must have exactly one member set, found ${count}`);
      }
      return plain ? object : decoded;
    };
  }
}

export function isBodyMember(member: { readonly traits: Traits }): boolean {
  const { traits } = member;
  return (
    traits.httpLabel === undefined &&
    traits.httpQuery === undefined &&
    traits.httpHeader === undefined &&
    traits.httpPrefixHeaders === undefined &&
    traits.httpPayload === undefined &&
    traits.httpQueryParams === undefined &&
    traits.httpResponseCode === undefined
  );
}

function expectObject(value: unknown): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw new SerializationError(
    Array.isArray(value) ? "Unrecognized collection type" : `${tokenOf(value)} cannot be converted to Map`,
  );
}

function decodeList(element: JsonDecoder): JsonDecoder {
  return (value) => expectList(value).map((entry) => (entry === null ? null : element(entry)));
}

function checkList(element: JsonDecoder): JsonDecoder {
  return (value) => {
    for (const entry of expectList(value)) if (entry !== null) element(entry);
    return value;
  };
}

function expectList(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new SerializationError(
    typeof value === "object"
      ? "Start of structure or map found where not expected."
      : "Unexpected field type",
  );
}

function decodeString(value: unknown): string {
  if (typeof value === "string") return value;
  throw mistyped(value, "String");
}

function decodeBoolean(value: unknown): boolean {
  if (typeof value === "boolean") return value;
  throw mistyped(value, "Boolean");
}

function decodeNumber(value: unknown): number {
  if (typeof value === "number") return value;
  if (value === "NaN" || value === "Infinity" || value === "-Infinity") return Number(value);
  throw mistyped(value, "Number");
}

function decodeTimestamp(value: unknown): Date {
  if (typeof value === "number") return parseEpochSeconds(value);
  if (typeof value === "string") return parseTimestamp(value);
  throw mistyped(value, "Timestamp");
}

function checkTimestamp(value: unknown): unknown {
  decodeTimestamp(value);
  return value;
}

function expectDate(value: unknown): Date {
  if (value instanceof Date) return value;
  throw mistyped(value, "Timestamp");
}

function expectBytes(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  throw mistyped(value, "Blob");
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/;

function checkBlob(value: unknown): unknown {
  if (typeof value !== "string") throw mistyped(value, "Blob");
  if (!BASE64.test(value)) throw new SerializationError("Invalid Base64 content");
  return value;
}

function decodeBlob(value: unknown): Uint8Array {
  if (typeof value !== "string") throw mistyped(value, "Blob");
  // Buffer skips what is no Base64, so its length tells whether all of it was. Cheaper than a pattern on 70 MB.
  const bytes = Buffer.from(value, "base64");
  let digits = value.length;
  if (value.endsWith("==")) digits -= 2;
  else if (value.endsWith("=")) digits -= 1;
  if (bytes.length !== Math.floor((digits * 3) / 4) || digits % 4 === 1) {
    throw new SerializationError("Invalid Base64 content");
  }
  return bytes;
}

function mistyped(value: unknown, wanted: string): SerializationError {
  if (Array.isArray(value)) return new SerializationError("Unexpected field type");
  if (typeof value === "object") {
    return new SerializationError("Start of structure or map found where not expected.");
  }
  return new SerializationError(`${tokenOf(value)} cannot be converted to ${wanted}`);
}

function tokenOf(value: unknown): string {
  if (typeof value === "string") return "STRING_VALUE";
  if (typeof value === "number") return Number.isInteger(value) ? "NUMBER_VALUE" : "DECIMAL_VALUE";
  if (value === true) return "TRUE_VALUE";
  if (value === false) return "FALSE_VALUE";
  return "NULL_VALUE";
}
