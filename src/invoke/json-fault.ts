import { DEEPEST_NESTING } from "./json-text.ts";

/**
 * Says what is wrong with bytes that are not JSON, in the words of the parser that AWS Lambda uses (Jackson): callers
 * and their tests look for these texts. Only called for payloads that are known to be faulty.
 */
export function describeJsonFault(bytes: Uint8Array): string {
  const scanner = new Scanner(bytes);
  try {
    scanner.document();
  } catch (thrown) {
    if (thrown instanceof JsonFault) return `${thrown.message}\n at [${location(bytes, thrown.offset)}]`;
    throw thrown;
  }
  return `Unexpected character\n at [${location(bytes, bytes.length)}]`;
}

const A_VALUE = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')";
const SOURCE = "Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled)";
const LONGEST_TOKEN = 256;
const SHORT_ESCAPES = new Set(Buffer.from('"\\\\/bfnrt'));

class JsonFault extends Error {
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

/** Line and column, counted from 1, of a byte. */
function location(bytes: Uint8Array, offset: number): string {
  let line = 1;
  let lineStart = 0;
  for (let index = 0; index < offset; index += 1) {
    if (bytes[index] !== 0x0a) continue;
    line += 1;
    lineStart = index + 1;
  }
  return `${SOURCE}; line: ${line}, column: ${offset - lineStart + 1}`;
}

function name(code: number): string {
  const control = code < 0x20 || (code >= 0x7f && code <= 0x9f);
  return control ? `(CTRL-CHAR, code ${code})` : `'${String.fromCodePoint(code)}' (code ${code})`;
}

function hex(byte: number): string {
  return `0x${byte.toString(16).padStart(2, "0")}`;
}

/** Recursive descent would be at the mercy of the payload's depth, so open containers are a list. */
class Scanner {
  readonly #bytes: Uint8Array;
  #position = 0;
  readonly #open: { readonly kind: "Object" | "Array"; readonly start: number }[] = [];

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  document(): void {
    if (this.#afterSpace() === undefined) throw this.#fault("No content to map due to end-of-input");
    this.#value();
    while (this.#open.length > 0) this.#next();
    const trailing = this.#afterSpace();
    if (trailing === undefined) return;
    this.#value();
    throw this.#fault("Trailing token found after value");
  }

  /** One step inside the innermost container. */
  #next(): void {
    const container = this.#open.at(-1) as { kind: "Object" | "Array"; start: number };
    const isObject = container.kind === "Object";
    const close = isObject ? 0x7d : 0x5d;
    const first = this.#isFirst;
    this.#isFirst = false;
    let byte = this.#afterSpace();
    if (byte === undefined) throw this.#unclosed(container);
    if (byte === close) {
      this.#position += 1;
      this.#open.pop();
      return;
    }
    if (!first) {
      if (byte !== 0x2c) throw this.#unexpected(`was expecting comma to separate ${container.kind} entries`);
      this.#position += 1;
      byte = this.#afterSpace();
      if (byte === undefined) throw this.#unclosed(container);
    }
    if (isObject) this.#fieldName(byte);
    this.#value();
  }

  #isFirst = false;

  #fieldName(byte: number): void {
    if (byte !== 0x22) throw this.#unexpected("was expecting double-quote to start field name");
    this.#string("name");
    const colon = this.#afterSpace();
    if (colon === undefined) throw this.#fault("Unexpected end-of-input within/between Object entries");
    if (colon !== 0x3a) {
      throw this.#unexpected("was expecting a colon to separate field name and value");
    }
    this.#position += 1;
    if (this.#afterSpace() === undefined) {
      throw this.#fault("Unexpected end-of-input within/between Object entries");
    }
  }

  #value(): void {
    const byte = this.#afterSpace() as number;
    if (byte === 0x7b || byte === 0x5b) {
      if (this.#open.length === DEEPEST_NESTING) {
        throw this.#fault(
          `Document nesting depth (${DEEPEST_NESTING + 1}) exceeds the maximum allowed (${DEEPEST_NESTING}, from \`StreamReadConstraints.getMaxNestingDepth()\`)`,
        );
      }
      this.#open.push({ kind: byte === 0x7b ? "Object" : "Array", start: this.#position });
      this.#position += 1;
      this.#isFirst = true;
    } else if (byte === 0x22) this.#string("string value");
    else if (byte === 0x2d || isDigit(byte)) this.#number();
    else this.#token();
  }

  #token(): void {
    const start = this.#position;
    while (isTokenPart(this.#bytes[this.#position]) && this.#position - start < LONGEST_TOKEN) {
      this.#position += 1;
    }
    const token = Buffer.from(this.#bytes.subarray(start, this.#position)).toString("latin1");
    if (token === "true" || token === "false" || token === "null") return;
    if (token === "" || isDigit(token.charCodeAt(0)))
      throw this.#unexpected(`expected a valid value ${A_VALUE}`);
    throw this.#fault(`Unrecognized token '${token}': was expecting ${A_VALUE}`);
  }

  #number(): void {
    if (this.#bytes[this.#position] === 0x2d) {
      this.#position += 1;
      this.#digit("expected digit (0-9) to follow minus sign, for valid numeric value");
    }
    const leading = this.#position;
    this.#digits();
    if (this.#bytes[leading] === 0x30 && this.#position - leading > 1) {
      throw this.#fault("Invalid numeric value: Leading zeroes not allowed");
    }
    if (this.#bytes[this.#position] === 0x2e) {
      this.#position += 1;
      this.#digit("Decimal point not followed by a digit");
      this.#digits();
    }
    if (this.#bytes[this.#position] === 0x65 || this.#bytes[this.#position] === 0x45) {
      this.#position += 1;
      const sign = this.#bytes[this.#position];
      if (sign === 0x2b || sign === 0x2d) this.#position += 1;
      this.#digit("Exponent indicator not followed by a digit");
      this.#digits();
    }
    if (this.#open.length === 0 && isTokenPart(this.#bytes[this.#position])) {
      throw this.#unexpected("Expected space separating root-level values");
    }
  }

  #digit(expectation: string): void {
    const byte = this.#bytes[this.#position];
    if (byte === undefined) throw this.#fault("Unexpected end-of-input in a Number value");
    if (!isDigit(byte)) throw this.#unexpected(expectation);
  }

  #digits(): void {
    while (isDigit(this.#bytes[this.#position])) this.#position += 1;
  }

  #string(what: "name" | "string value"): void {
    this.#position += 1;
    for (let byte = this.#bytes[this.#position]; byte !== 0x22; byte = this.#bytes[this.#position]) {
      if (byte === undefined) {
        throw this.#fault(
          what === "name"
            ? "Unexpected end-of-input in field name"
            : "Unexpected end-of-input: was expecting closing quote for a string value",
        );
      }
      if (byte < 0x20) {
        throw this.#fault(
          `Illegal unquoted character (${name(byte)}): has to be escaped using backslash to be included in ${what}`,
        );
      }
      if (byte === 0x5c) this.#escape();
      else this.#character();
    }
    this.#position += 1;
  }

  #escape(): void {
    this.#position += 1;
    const escaped = this.#bytes[this.#position];
    if (escaped === undefined) throw this.#fault("Unexpected end-of-input in character escape sequence");
    if (escaped !== 0x75) {
      if (!SHORT_ESCAPES.has(escaped)) throw this.#fault(`Unrecognized character escape ${name(escaped)}`);
      this.#position += 1;
      return;
    }
    for (let digit = 0; digit < 4; digit += 1) {
      this.#position += 1;
      const byte = this.#bytes[this.#position];
      if (byte === undefined) throw this.#fault("Unexpected end-of-input in character escape sequence");
      if (!isHexDigit(byte)) throw this.#unexpected("expected a hex-digit for character escape sequence");
    }
    this.#position += 1;
  }

  #character(): void {
    const byte = this.#bytes[this.#position] as number;
    const length = byte < 0x80 ? 1 : byte >> 5 === 6 ? 2 : byte >> 4 === 14 ? 3 : byte >> 3 === 30 ? 4 : 0;
    if (length === 0) throw this.#fault(`Invalid UTF-8 start byte ${hex(byte)}`);
    for (let index = 1; index < length; index += 1) {
      const middle = this.#bytes[this.#position + index];
      if (middle !== undefined && middle >> 6 === 2) continue;
      this.#position += index;
      throw this.#fault(
        middle === undefined
          ? "Unexpected end-of-input in a string value"
          : `Invalid UTF-8 middle byte ${hex(middle)}`,
      );
    }
    this.#position += length;
  }

  #afterSpace(): number | undefined {
    for (;;) {
      const byte = this.#bytes[this.#position];
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return byte;
      this.#position += 1;
    }
  }

  #unclosed(container: { readonly kind: string; readonly start: number }): JsonFault {
    const start = location(this.#bytes, container.start);
    return this.#fault(
      `Unexpected end-of-input: expected close marker for ${container.kind} (start marker at [${start}])`,
    );
  }

  #unexpected(expectation: string): JsonFault {
    const byte = this.#bytes[this.#position];
    if (byte === undefined) return this.#fault("Unexpected end-of-input");
    const character = name(byte);
    return this.#fault(`Unexpected character (${character}): ${expectation}`);
  }

  #fault(message: string): JsonFault {
    return new JsonFault(message, this.#position);
  }
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}

function isHexDigit(byte: number): boolean {
  return isDigit(byte) || (byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66);
}

/** Letters, digits, `_` and `$` belong to a misspelt token. */
function isTokenPart(byte: number | undefined): boolean {
  if (byte === undefined) return false;
  return (
    isDigit(byte) ||
    (byte >= 0x41 && byte <= 0x5a) ||
    (byte >= 0x61 && byte <= 0x7a) ||
    byte === 0x5f ||
    byte === 0x24
  );
}
