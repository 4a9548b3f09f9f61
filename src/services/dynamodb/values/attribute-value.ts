import { dynamodbLimits } from "../../../base/index.ts";
import { invalid, invalidParameter, malformed } from "../errors.ts";
import {
  type AttributeType,
  type AttributeValue,
  type Item,
  type MutableItem,
  type SetType,
  setAttribute,
} from "../model.ts";
import { canonicalNumber } from "./number.ts";

const TYPES: Readonly<Record<string, AttributeType>> = Object.assign(Object.create(null), {
  S: "S",
  N: "N",
  B: "B",
  BOOL: "BOOL",
  NULL: "NULL",
  SS: "SS",
  NS: "NS",
  BS: "BS",
  L: "L",
  M: "M",
});

/**
 * Checks a value that came as JSON and gives its canonical form: one type, numbers normalized. Members that no model
 * names are ignored, as everywhere in the protocol.
 */
export function readValue(input: unknown, level = 1): AttributeValue {
  const json = requireObject(input);
  if (level > dynamodbLimits.nestingLevels) {
    throw invalid(
      "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit",
    );
  }
  let found: AttributeValue | undefined;
  let count = 0;
  for (const name of Object.keys(json)) {
    const type = TYPES[name];
    const content = json[name];
    if (type === undefined || content === null || content === undefined) continue;
    count++;
    found = readContent(type, content, level);
  }
  if (found === undefined) {
    throw invalid("Supplied AttributeValue is empty, must contain exactly one of the supported datatypes");
  }
  if (count > 1) {
    throw invalid(
      "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes",
    );
  }
  return found;
}

/** Checks a map from attribute names to values: an item, a key or the content of an M. */
export function readItem(input: unknown, level = 1): Item {
  const json = requireObject(input);
  const item: MutableItem = {};
  for (const name of Object.keys(json)) {
    const value = json[name];
    if (value === null) continue;
    if (
      name.length > dynamodbLimits.attributeNameBytes &&
      Buffer.byteLength(name) > dynamodbLimits.attributeNameBytes
    ) {
      throw invalidParameter("Attribute name is too large, must be less than 65536 bytes");
    }
    setAttribute(item, name, readValue(value, level));
  }
  return item;
}

function readContent(type: AttributeType, content: unknown, level: number): AttributeValue {
  switch (type) {
    case "S":
      return { S: requireString(content) };
    case "N":
      return { N: canonicalNumber(requireString(content)) };
    case "B":
      return { B: requireBase64(content) };
    case "BOOL":
      return { BOOL: requireBoolean(content) };
    case "NULL":
      // `false` is taken and read back as true.
      requireBoolean(content);
      return { NULL: true };
    case "SS":
    case "NS":
    case "BS":
      return readSet(type, requireList(content));
    case "L":
      return { L: requireList(content).map((member) => readValue(member, level + 1)) };
    default:
      return { M: readItem(content, level + 1) };
  }
}

function readSet(type: SetType, content: readonly unknown[]): AttributeValue {
  if (content.length === 0) {
    throw invalidParameter(
      type === "BS"
        ? "Binary sets should not be empty"
        : `An ${type === "SS" ? "string" : "number"} set  may not be empty`,
    );
  }
  const members = content.map((member) =>
    type === "SS"
      ? requireString(member)
      : type === "NS"
        ? canonicalNumber(requireString(member))
        : requireBase64(member),
  );
  if (new Set(members).size < members.length) {
    const list = `Input collection [${members.join(", ")}]`;
    throw type === "NS"
      ? invalid("Input collection contains duplicates")
      : invalidParameter(`${list}${type === "BS" ? "of type BS" : ""} contains duplicates.`);
  }
  return { [type]: members };
}

export function requireObject(input: unknown): { readonly [name: string]: unknown } {
  if (Array.isArray(input)) throw malformed("Unrecognized collection type class java.util.ArrayList");
  if (typeof input !== "object" || input === null) throw malformed("Unexpected value type in payload");
  return input as { readonly [name: string]: unknown };
}

export function requireList(input: unknown): readonly unknown[] {
  if (Array.isArray(input)) return input;
  throw malformed(
    typeof input === "object" && input !== null
      ? "Start of structure or map found where not expected"
      : "Unexpected field type",
  );
}

export function requireString(input: unknown): string {
  if (typeof input === "string") return input;
  throw malformed(conversion(input, "String"));
}

export function requireBoolean(input: unknown): boolean {
  if (typeof input === "boolean") return input;
  throw malformed(
    typeof input === "string" ? "Unexpected token received from parser" : conversion(input, "Boolean"),
  );
}

export function requireInteger(input: unknown): number {
  if (typeof input === "number") return Math.trunc(input);
  throw malformed(conversion(input, "Integer"));
}

/** `NUMBER_VALUE cannot be converted to String`, in the words of the service's JSON reader. */
function conversion(input: unknown, target: string): string {
  switch (typeof input) {
    case "string":
      return `STRING_VALUE cannot be converted to ${target}`;
    case "number":
      return `${Number.isInteger(input) ? "NUMBER" : "DECIMAL"}_VALUE cannot be converted to ${target}`;
    case "boolean":
      return `${input ? "TRUE" : "FALSE"}_VALUE cannot be converted to ${target}`;
    default:
      return Array.isArray(input)
        ? "Start of list found where not expected"
        : "Start of structure or map found where not expected.";
  }
}

function requireBase64(input: unknown): string {
  const text = requireString(input);
  if (text.length % 4 !== 0) {
    throw malformed(`Base64 encoded length is expected a multiple of 4 bytes but found: ${text.length}`);
  }
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  const wrong = /[^A-Za-z0-9+/]/.exec(padding === 0 ? text : text.slice(0, -padding));
  if (wrong !== null) throw malformed(`Invalid Base64 character: '${wrong[0]}'`);
  // Bits that padding leaves over must be zero, or two texts would stand for the same bytes.
  const last = text.slice(-4);
  if (padding > 0 && Buffer.from(last, "base64").toString("base64") !== last) {
    throw malformed("Invalid last non-pad Base64 character dectected");
  }
  return text;
}
