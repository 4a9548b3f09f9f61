import type { ListShape, MapShape, Member, SimpleShape, StructureShape, Target } from "../model/table.ts";
import { setEntry } from "./entries.ts";
import { isBodyMember } from "./json-decoder.ts";
import { SerializationError } from "./serialization-error.ts";
import { parseEpochSeconds, parseTimestamp } from "./timestamps.ts";
import type { XmlElement } from "./xml-parser.ts";

/** Reads a structure from an element, https://smithy.io/2.0/aws/protocols/aws-restxml-protocol.html */
export function decodeXmlStructure(shape: StructureShape, element: XmlElement): Record<string, unknown> {
  const decoded: Record<string, unknown> = {};
  for (const member of shape.members) {
    if (!isBodyMember(member)) continue;
    const value = decodeMember(member, element);
    if (value !== undefined) decoded[member.name] = value;
    else if (member.required) throw new SerializationError(`The element ${member.name} is missing.`);
  }
  return decoded;
}

/** The value of a payload member, whose element is the root of the document. */
export function decodeXmlTarget(target: Target, element: XmlElement): unknown {
  const { shape } = target;
  switch (shape.kind) {
    case "structure":
      return decodeXmlStructure(shape, element);
    case "list":
      return decodeItems(shape, element.children);
    case "map":
      return decodeEntries(shape, element.children);
    default:
      return decodeSimpleText(shape, element.text);
  }
}

function decodeMember(member: Member, parent: XmlElement): unknown {
  const name = member.traits.xmlName ?? member.name;
  if (member.traits.xmlAttribute === 1) {
    const text = parent.attributes.get(name);
    return text === undefined ? undefined : decodeSimpleText(member.shape as SimpleShape, text);
  }
  const found = parent.children.filter((child) => child.name === name);
  if (found.length === 0) return undefined;
  if (member.traits.xmlFlattened === 1 && member.shape.kind === "list") {
    const { element } = member.shape;
    return found.map((child) => decodeXmlTarget(element, child));
  }
  if (member.traits.xmlFlattened === 1 && member.shape.kind === "map") {
    return decodeEntries(member.shape, found);
  }
  return decodeXmlTarget(member, found[0] as XmlElement);
}

function decodeItems(shape: ListShape, children: readonly XmlElement[]): unknown[] {
  const name = shape.element.traits.xmlName ?? "member";
  return children
    .filter((child) => child.name === name)
    .map((child) => decodeXmlTarget(shape.element, child));
}

function decodeEntries(shape: MapShape, entries: readonly XmlElement[]): Record<string, unknown> {
  const keyName = shape.key.traits.xmlName ?? "key";
  const valueName = shape.value.traits.xmlName ?? "value";
  const decoded: Record<string, unknown> = {};
  for (const entry of entries) {
    const key = entry.children.find((child) => child.name === keyName);
    const value = entry.children.find((child) => child.name === valueName);
    if (key === undefined || value === undefined) throw new SerializationError("A map entry is incomplete.");
    setEntry(decoded, key.text, decodeXmlTarget(shape.value, value));
  }
  return decoded;
}

const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;

/** Reads a simple value from text: an element's, an attribute's, a header's or a parameter's. */
export function decodeSimpleText(shape: SimpleShape, text: string): unknown {
  switch (shape.kind) {
    case "string":
    case "document":
      return text;
    case "number": {
      const trimmed = text.trim();
      if (trimmed === "NaN" || trimmed === "Infinity" || trimmed === "-Infinity") return Number(trimmed);
      if (!NUMBER.test(trimmed)) throw new SerializationError(`'${text}' is not a valid number`);
      return Number(trimmed);
    }
    case "boolean": {
      const word = text.trim().toLowerCase();
      if (word === "true" || word === "1") return true;
      if (word === "false" || word === "0") return false;
      throw new SerializationError(`'${text}' is not a valid boolean`);
    }
    case "timestamp":
      return shape.timestampFormat === "epoch-seconds" && text.trim() !== ""
        ? parseEpochSeconds(Number(text))
        : parseTimestamp(text.trim());
    default:
      return Buffer.from(text, "base64");
  }
}
