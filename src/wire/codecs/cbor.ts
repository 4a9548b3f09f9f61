import { decode, encode, type TagDecodeControl, Token, Type } from "cborg";
import { setEntry } from "./entries.ts";
import { SerializationError } from "./serialization-error.ts";

/** How many of a timestamp's units make a second: rpcv2Cbor has seconds, AWS's older CBOR milliseconds. */
export type CborTimestamps = 1 | 1_000;

/** RFC 8949 section 3.4.2 */
const EPOCH_TAG = 1;

/** Writes what JsonEncoders made for CBOR: blobs as byte strings, dates under the tag of timestamps. */
export function encodeCbor(value: unknown, timestamps: CborTimestamps = 1): Uint8Array {
  return encode(value, {
    // Shorter floating point numbers would need readers that know them.
    float64: true,
    // In the order of the model, as the SDKs write.
    mapSorter: () => 0,
    typeEncoders: {
      Date: (date: Date) => {
        const time = (date.getTime() * timestamps) / 1000;
        const number = Number.isSafeInteger(time)
          ? new Token(time < 0 ? Type.negint : Type.uint, time)
          : new Token(Type.float, time);
        return [new Token(Type.tag, EPOCH_TAG), number];
      },
    },
  });
}

/** Reads one data item of RFC 8949, of definite or indefinite length; fails with SerializationError. */
export function decodeCbor(bytes: Uint8Array, timestamps: CborTimestamps = 1): unknown {
  try {
    const value: unknown = decode(bytes, {
      // A key may be called __proto__.
      useMaps: true,
      tags: {
        [EPOCH_TAG]: (control: TagDecodeControl) => new Date((Number(control()) * 1000) / timestamps),
        // Numbers of any size and precision, of which no model here has one.
        2: (control: TagDecodeControl) => control(),
        3: (control: TagDecodeControl) => control(),
        4: (control: TagDecodeControl) => control(),
      },
    });
    return plain(value);
  } catch (error) {
    if (error instanceof RangeError) throw error;
    throw new SerializationError("Unable to parse the request body as CBOR");
  }
}

/** Maps become objects; a date out of range is none. */
function plain(value: unknown): unknown {
  if (value instanceof Map) {
    const object: Record<string, unknown> = {};
    for (const [key, entry] of value as Map<unknown, unknown>) setEntry(object, String(key), plain(entry));
    return object;
  }
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === "bigint") return Number(value);
  if (value instanceof Date && Number.isNaN(value.getTime())) throw new TypeError("a timestamp out of range");
  return value;
}
