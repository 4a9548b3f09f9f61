import {
  XmlElement as ParsedElement,
  parseXml as parseDocument,
  XmlDocumentType,
  XmlError,
} from "@rgrove/parse-xml";
import { toError, wireLimits } from "../../base/index.ts";
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
 * Parses a request's XML 1.0. A document type is refused, so there are no entities to expand and nothing external to
 * fetch. Fails with SerializationError.
 */
export function parseXml(bytes: Uint8Array): XmlElement {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw malformed("the document is not UTF-8");
  }
  const document = parse(text);
  if (document.children.some((node) => node instanceof XmlDocumentType)) {
    throw malformed("a document type is not allowed");
  }
  if (document.root === null) throw malformed("there is no root element");
  return convert(document.root, 1);
}

function parse(text: string) {
  try {
    return parseDocument(text, { preserveDocumentType: true });
  } catch (error) {
    // The parser calls itself for each level, and has no limit of its own.
    if (error instanceof RangeError) throw tooDeep();
    if (error instanceof XmlError) throw malformed(reason(error));
    throw toError(error);
  }
}

function convert(element: ParsedElement, depth: number): XmlElement {
  if (depth > wireLimits.xmlDepth) throw tooDeep();
  const children: XmlElement[] = [];
  let text = "";
  for (const node of element.children) {
    if (node instanceof ParsedElement) children.push(convert(node, depth + 1));
    else if ("text" in node) text += node.text;
  }
  const name = element.name.slice(element.name.indexOf(":") + 1);
  return { name, attributes: new Map(Object.entries(element.attributes)), children, text };
}

/** The first line, without the excerpt of the document that follows. */
function reason(error: XmlError): string {
  const line = error.message.split("\n", 1)[0] ?? "";
  return line.slice(0, wireLimits.describedValueCharacters).replace(/\.$/, "");
}

function tooDeep(): SerializationError {
  return malformed("elements are nested too deeply");
}

function malformed(what: string): SerializationError {
  return new SerializationError(`The XML is not well-formed: ${what}.`);
}
