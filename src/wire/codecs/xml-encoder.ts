import type { Member, SimpleShape, StructureShape, Target, TimestampFormat, Traits } from "../model/table.ts";
import { isBodyMember } from "./json-decoder.ts";
import { formatTimestamp } from "./timestamps.ts";

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "\r": "&#13;",
};

/** Escapes text for an element or a quoted attribute; what XML 1.0 cannot hold at all becomes U+FFFD. */
export function escapeXml(text: string): string {
  return (
    text
      .replace(/[&<>"\r]/g, (character) => ESCAPES[character] as string)
      // oxlint-disable-next-line no-control-regex -- these are what has to go
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "\ufffd")
  );
}

/** An element with text. */
export function xmlElement(name: string, text: string): string {
  return `<${name}>${escapeXml(text)}</${name}>`;
}

/** Writes one shape's values as XML; `timestamps` is the protocol's own format. */
export class XmlEncoder {
  readonly #timestamps: TimestampFormat;

  constructor(timestamps: TimestampFormat) {
    this.#timestamps = timestamps;
  }

  /** An element of the given name; `attributes` start with a space each. */
  structure(name: string, shape: StructureShape, value: unknown, attributes = ""): string {
    const object = value as Readonly<Record<string, unknown>>;
    let opened = `<${name}${attributes}`;
    let content = "";
    for (const member of shape.members) {
      const entry = object[member.name];
      if (entry === undefined || entry === null || !isBodyMember(member)) continue;
      if (member.traits.xmlAttribute === 1) {
        const attribute = member.traits.xmlName ?? member.name;
        opened += ` ${attribute}="${escapeXml(this.simple(member.shape as SimpleShape, entry))}"`;
      } else {
        content += this.#member(member, entry);
      }
    }
    return `${opened}>${content}</${name}>`;
  }

  #member(member: Member, value: unknown): string {
    const name = member.traits.xmlName ?? member.name;
    const { shape } = member;
    if (member.traits.xmlFlattened === 1 && shape.kind === "list") {
      return (value as readonly unknown[]).map((entry) => this.target(name, shape.element, entry)).join("");
    }
    if (member.traits.xmlFlattened === 1 && shape.kind === "map") {
      return this.#entries(name, shape.key, shape.value, value);
    }
    return this.target(name, member, value);
  }

  target(name: string, target: Target, value: unknown): string {
    const { shape } = target;
    switch (shape.kind) {
      case "structure":
        return this.structure(name, shape, value, namespaceAttribute(target.traits.xmlNamespace));
      case "list": {
        const item = shape.element.traits.xmlName ?? "member";
        const items = (value as readonly unknown[]).map((entry) =>
          entry === null || entry === undefined ? `<${item}/>` : this.target(item, shape.element, entry),
        );
        return `<${name}>${items.join("")}</${name}>`;
      }
      case "map":
        return `<${name}>${this.#entries("entry", shape.key, shape.value, value)}</${name}>`;
      default:
        return xmlElement(name, this.simple(shape, value));
    }
  }

  #entries(name: string, key: Target, value: Target, map: unknown): string {
    const keyName = key.traits.xmlName ?? "key";
    const valueName = value.traits.xmlName ?? "value";
    return Object.entries(map as object)
      .map(([entryKey, entry]) => {
        const encoded = entry === null ? `<${valueName}/>` : this.target(valueName, value, entry);
        return `<${name}>${xmlElement(keyName, entryKey)}${encoded}</${name}>`;
      })
      .join("");
  }

  text(value: unknown): string {
    return escapeXml(String(value));
  }

  simple(shape: SimpleShape, value: unknown): string {
    return encodeSimpleText(shape, value, this.#timestamps);
  }
}

/** ` xmlns="..."` or ` xmlns:prefix="..."`, with the space in front. */
export function namespaceAttribute(declared: Traits["xmlNamespace"]): string {
  if (declared === undefined) return "";
  return typeof declared === "string"
    ? ` xmlns="${escapeXml(declared)}"`
    : ` xmlns:${declared[0]}="${escapeXml(declared[1])}"`;
}

/** A simple value as text, for elements, attributes and headers. */
export function encodeSimpleText(shape: SimpleShape, value: unknown, timestamps: TimestampFormat): string {
  switch (shape.kind) {
    case "timestamp":
      return formatTimestamp(value as Date, shape.timestampFormat ?? timestamps);
    case "blob":
      return typeof value === "string"
        ? Buffer.from(value, "utf8").toString("base64")
        : Buffer.from(value as Uint8Array).toString("base64");
    default:
      return String(value);
  }
}
