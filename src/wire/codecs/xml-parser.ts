import { wireLimits } from "../../base/index.ts";
import { SerializationError } from "./serialization-error.ts";

/** An element of a parsed document. `name` is without its prefix; attributes keep theirs. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** All character data directly inside, comments apart. */
  readonly text: string;
}

/**
 * Parses a request's XML 1.0: elements, attributes, character data, CDATA, comments, processing instructions, the
 * five predefined entities and character references. A document type is refused, so there are no entities to expand
 * and nothing external to fetch. Fails with SerializationError.
 */
export function parseXml(bytes: Uint8Array): XmlElement {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw malformed("the document is not UTF-8");
  }
  return new XmlParser(text).parse();
}

interface OpenElement {
  readonly tag: string;
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: XmlElement[];
  readonly texts: string[];
}

const NAME = /[A-Za-z_:\u00c0-\ufffd][\w:.\-\u00b7-\ufffd]*/y;
const SPACE = /[ \t\r\n]*/y;
const REFERENCE = /&(?:#x([0-9a-fA-F]{1,6})|#(\d{1,7})|(amp|lt|gt|quot|apos));|&/g;
const PREDEFINED: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

class XmlParser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text.includes("\r") ? text.replace(/\r\n?/g, "\n") : text;
  }

  parse(): XmlElement {
    const open: OpenElement[] = [];
    let root: XmlElement | undefined;
    while (this.#at < this.#text.length) {
      const start = this.#text.indexOf("<", this.#at);
      const stop = start === -1 ? this.#text.length : start;
      this.#characters(this.#text.slice(this.#at, stop), open);
      this.#at = stop;
      if (start === -1) break;
      if (this.#skipTo("<!--", "-->") !== undefined) continue;
      if (this.#skipTo("<?", "?>") !== undefined) continue;
      const data = this.#skipTo("<![CDATA[", "]]>");
      if (data !== undefined) {
        current(open).texts.push(data);
      } else if (this.#text.startsWith("<!", this.#at)) {
        throw malformed("a document type is not allowed");
      } else if (this.#text.startsWith("</", this.#at)) {
        const closed = this.#endTag(open);
        if (open.length === 0) root = closed;
      } else {
        if (root !== undefined) throw malformed("there is more than one root element");
        const closed = this.#startTag(open);
        if (closed !== undefined && open.length === 0) root = closed;
      }
    }
    if (root === undefined || open.length > 0) throw malformed("the document ends too early");
    return root;
  }

  #characters(raw: string, open: readonly OpenElement[]): void {
    if (raw === "") return;
    const element = open.at(-1);
    if (element !== undefined) element.texts.push(resolveReferences(raw));
    else if (raw.trim() !== "") throw malformed("there is text outside of the root element");
  }

  /** What stands between the two marks, if the first of them comes next. */
  #skipTo(from: string, to: string): string | undefined {
    if (!this.#text.startsWith(from, this.#at)) return undefined;
    const end = this.#text.indexOf(to, this.#at + from.length);
    if (end === -1) throw malformed(`${from} is not closed`);
    const inside = this.#text.slice(this.#at + from.length, end);
    this.#at = end + to.length;
    return inside;
  }

  #startTag(open: OpenElement[]): XmlElement | undefined {
    this.#at += 1;
    const tag = this.#match(NAME);
    const attributes = new Map<string, string>();
    for (;;) {
      const space = this.#match(SPACE);
      if (this.#take("/>")) {
        return close({ tag, name: localName(tag), attributes, children: [], texts: [] }, open);
      }
      if (this.#take(">")) break;
      if (space === "") throw malformed("attributes are not separated");
      const [name, value] = this.#attribute();
      if (attributes.has(name)) throw malformed(`the attribute ${name} is given twice`);
      attributes.set(name, value);
    }
    if (open.length >= wireLimits.xmlDepth) throw malformed("elements are nested too deeply");
    open.push({ tag, name: localName(tag), attributes, children: [], texts: [] });
    return undefined;
  }

  #attribute(): [string, string] {
    const name = this.#match(NAME);
    this.#match(SPACE);
    if (!this.#take("=")) throw malformed(`the attribute ${name} has no value`);
    this.#match(SPACE);
    const quote = this.#text[this.#at];
    if (quote !== '"' && quote !== "'") throw malformed(`the value of ${name} is not quoted`);
    const end = this.#text.indexOf(quote, this.#at + 1);
    if (end === -1) throw malformed(`the value of ${name} is not closed`);
    const raw = this.#text.slice(this.#at + 1, end);
    if (raw.includes("<")) throw malformed(`the value of ${name} contains <`);
    this.#at = end + 1;
    return [name, resolveReferences(raw)];
  }

  #endTag(open: OpenElement[]): XmlElement {
    this.#at += 2;
    const tag = this.#match(NAME);
    this.#match(SPACE);
    const element = open.pop();
    if (!this.#take(">") || element?.tag !== tag) throw malformed(`</${tag}> closes nothing`);
    return close(element, open);
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found === null) throw malformed("a name is missing");
    this.#at = pattern.lastIndex;
    return found[0];
  }

  #take(literal: string): boolean {
    if (!this.#text.startsWith(literal, this.#at)) return false;
    this.#at += literal.length;
    return true;
  }
}

function close(element: OpenElement, open: readonly OpenElement[]): XmlElement {
  const closed: XmlElement = {
    name: element.name,
    attributes: element.attributes,
    children: element.children,
    text: element.texts.join(""),
  };
  open.at(-1)?.children.push(closed);
  return closed;
}

function current(open: readonly OpenElement[]): OpenElement {
  const element = open.at(-1);
  if (element === undefined) throw malformed("there is text outside of the root element");
  return element;
}

function localName(tag: string): string {
  return tag.slice(tag.indexOf(":") + 1);
}

function resolveReferences(raw: string): string {
  if (!raw.includes("&")) return raw;
  return raw.replace(REFERENCE, (whole, hex?: string, decimal?: string, name?: string) => {
    if (name !== undefined) return PREDEFINED[name] ?? "";
    if (hex === undefined && decimal === undefined) throw malformed("an entity is not known");
    const point = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
    if (point === 0 || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) {
      throw malformed(`${whole} is no character`);
    }
    return String.fromCodePoint(point);
  });
}

function malformed(what: string): SerializationError {
  return new SerializationError(`The XML is not well-formed: ${what}.`);
}
