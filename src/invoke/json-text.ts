import { isUtf8 } from "node:buffer";

/** Containers inside each other that are accepted. */
export const DEEPEST_NESTING = 1_000;

const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const OPEN_ARRAY = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_ARRAY = 0x5d;
const SMALL_A = 0x61;
const SMALL_U = 0x75;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** By byte: what stands for itself in a string. */
const PLAIN = new Uint8Array(256).fill(1, 0x20);
PLAIN[QUOTE] = 0;
PLAIN[BACKSLASH] = 0;
/** What may follow a backslash, `u` apart. */
const ESCAPES = bytesOf('"\\/bfnrt');
const HEX_DIGITS = bytesOf("0123456789abcdefABCDEF");
const WORDS = new Map(["true", "false", "null"].map((word) => [word.charCodeAt(0), Buffer.from(word)]));

/** What the open containers close with; of the one call that runs. */
const closers = new Uint8Array(DEEPEST_NESTING);

/**
 * Whether bytes are one JSON text in UTF-8 (RFC 8259) that nests no deeper than is accepted: what JSON.parse takes, in a
 * fraction of the time of making its values.
 */
export function isJson(bytes: Uint8Array): boolean {
  if (!isUtf8(bytes)) return false;
  let depth = 0;
  let at = afterSpace(bytes, 0);
  for (;;) {
    // A value begins here.
    const first = bytes[at];
    if (first === OPEN_OBJECT || first === OPEN_ARRAY) {
      if (depth === DEEPEST_NESTING) return false;
      const closer = first === OPEN_OBJECT ? CLOSE_OBJECT : CLOSE_ARRAY;
      at = afterSpace(bytes, at + 1);
      if (bytes[at] === closer) at += 1;
      else {
        closers[depth] = closer;
        depth += 1;
        if (first === OPEN_OBJECT) at = afterName(bytes, at);
        if (at < 0) return false;
        continue;
      }
    } else at = first === QUOTE ? afterString(bytes, at) : afterWordOrNumber(bytes, at);
    if (at < 0) return false;
    // It has ended, and so may what it is in.
    for (;;) {
      at = afterSpace(bytes, at);
      if (depth === 0) return at === bytes.length;
      const next = bytes[at];
      const closer = closers[depth - 1];
      at += 1;
      if (next === closer) depth -= 1;
      else if (next !== COMMA) return false;
      else {
        at = afterSpace(bytes, at);
        if (closer === CLOSE_OBJECT) at = afterName(bytes, at);
        if (at < 0) return false;
        break;
      }
    }
  }
}

function afterSpace(bytes: Uint8Array, from: number): number {
  let at = from;
  while (at < bytes.length) {
    const byte = bytes[at];
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) break;
    at += 1;
  }
  return at;
}

/** Where the value of a member begins whose name begins here; -1, like those below, if there is none. */
function afterName(bytes: Uint8Array, from: number): number {
  if (bytes[from] !== QUOTE) return -1;
  const end = afterString(bytes, from);
  if (end < 0) return -1;
  const colon = afterSpace(bytes, end);
  return bytes[colon] === COLON ? afterSpace(bytes, colon + 1) : -1;
}

function afterString(bytes: Uint8Array, from: number): number {
  const { length } = bytes;
  let at = from + 1;
  for (;;) {
    while (at < length && PLAIN[bytes[at] as number] === 1) at += 1;
    const byte = bytes[at];
    if (byte === QUOTE) return at + 1;
    if (byte !== BACKSLASH) return -1;
    const escape = bytes[at + 1] ?? 0;
    at += 2;
    if (escape === SMALL_U) {
      for (const end = at + 4; at < end; at += 1) if (HEX_DIGITS[bytes[at] ?? 0] === 0) return -1;
    } else if (ESCAPES[escape] === 0) return -1;
  }
}

function afterWordOrNumber(bytes: Uint8Array, from: number): number {
  const first = bytes[from] ?? 0;
  const word = first < SMALL_A ? undefined : WORDS.get(first);
  if (word === undefined) return afterNumber(bytes, from);
  for (let at = 0; at < word.length; at += 1) if (bytes[from + at] !== word[at]) return -1;
  return from + word.length;
}

function afterNumber(bytes: Uint8Array, from: number): number {
  let at = bytes[from] === MINUS ? from + 1 : from;
  at = bytes[at] === ZERO ? at + 1 : afterDigits(bytes, at);
  if (at >= 0 && bytes[at] === POINT) at = afterDigits(bytes, at + 1);
  if (at < 0) return -1;
  const exponent = bytes[at];
  if (exponent !== 0x65 && exponent !== 0x45) return at;
  const sign = bytes[at + 1];
  return afterDigits(bytes, sign === MINUS || sign === 0x2b ? at + 2 : at + 1);
}

/** One digit at least. */
function afterDigits(bytes: Uint8Array, from: number): number {
  let at = from;
  while (at < bytes.length) {
    const byte = bytes[at] as number;
    if (byte < ZERO || byte > NINE) break;
    at += 1;
  }
  return at === from ? -1 : at;
}

function bytesOf(characters: string): Uint8Array {
  const table = new Uint8Array(256);
  for (const byte of Buffer.from(characters)) table[byte] = 1;
  return table;
}
