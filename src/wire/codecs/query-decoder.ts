import { wireLimits } from "../../base/index.ts";
import type { ListShape, MapShape, Member, StructureShape, Target } from "../model/table.ts";
import { setEntry } from "./entries.ts";
import { SerializationError } from "./serialization-error.ts";
import { decodeSimpleText } from "./xml-decoder.ts";

/** Parameters by the dots in their names. */
interface Node {
  value?: string;
  readonly children: Map<string, Node>;
}

/** Reads an operation's input from its parameters, https://smithy.io/2.0/aws/protocols/aws-query-protocol.html */
export function decodeQueryInput(
  shape: StructureShape,
  parameters: Iterable<readonly [string, string]>,
): Record<string, unknown> {
  const root: Node = { children: new Map() };
  for (const [name, value] of parameters) {
    let node = root;
    const parts = name.split(".", wireLimits.parameterDepth + 1);
    if (parts.length > wireLimits.parameterDepth)
      throw new SerializationError("A parameter is nested too deeply");
    for (const part of parts) {
      let next = node.children.get(part);
      if (next === undefined) {
        next = { children: new Map() };
        node.children.set(part, next);
      }
      node = next;
    }
    node.value = value;
  }
  return decodeStructure(shape, root);
}

function decodeStructure(shape: StructureShape, node: Node): Record<string, unknown> {
  const decoded: Record<string, unknown> = {};
  for (const member of shape.members) {
    const child = node.children.get(member.traits.xmlName ?? member.name);
    if (child !== undefined) decoded[member.name] = decodeMember(member, child);
  }
  return decoded;
}

function decodeMember(member: Member, node: Node): unknown {
  const flattened = member.traits.xmlFlattened === 1;
  if (member.shape.kind === "list") return decodeList(member.shape, node, flattened);
  if (member.shape.kind === "map") return decodeMap(member.shape, node, flattened);
  return decodeTarget(member, node);
}

function decodeTarget(target: Target, node: Node): unknown {
  const { shape } = target;
  switch (shape.kind) {
    case "structure":
      return decodeStructure(shape, node);
    case "list":
      return decodeList(shape, node, false);
    case "map":
      return decodeMap(shape, node, false);
    default:
      return decodeSimpleText(shape, node.value ?? "");
  }
}

function decodeList(shape: ListShape, node: Node, flattened: boolean): unknown[] {
  const items = flattened ? node : node.children.get(shape.element.traits.xmlName ?? "member");
  return numbered(items).map((item) => decodeTarget(shape.element, item));
}

function decodeMap(shape: MapShape, node: Node, flattened: boolean): Record<string, unknown> {
  const keyName = shape.key.traits.xmlName ?? "key";
  const valueName = shape.value.traits.xmlName ?? "value";
  const decoded: Record<string, unknown> = {};
  for (const entry of numbered(flattened ? node : node.children.get("entry"))) {
    const key = entry.children.get(keyName)?.value;
    const value = entry.children.get(valueName);
    if (key === undefined || value === undefined) throw new SerializationError("A map entry is incomplete");
    setEntry(decoded, key, decodeTarget(shape.value, value));
  }
  return decoded;
}

/** Items by ascending number; gaps do not matter, so that no number costs memory. */
function numbered(node: Node | undefined): Node[] {
  if (node === undefined) return [];
  const items: [number, Node][] = [];
  for (const [name, child] of node.children) {
    if (!/^\d{1,9}$/.test(name)) throw new SerializationError(`'${name}' is not the number of a list item`);
    items.push([Number(name), child]);
  }
  return items.sort(([one], [other]) => one - other).map(([, child]) => child);
}
