import type { ListShape, MapShape, Member, StructureShape, Target } from "../model/table.ts";
import { encodeSimpleText } from "./xml-encoder.ts";

/** Writes an operation's input as a form, https://smithy.io/2.0/aws/protocols/aws-query-protocol.html */
export function encodeQueryInput(
  action: string,
  version: string,
  shape: StructureShape,
  input: Readonly<Record<string, unknown>>,
): string {
  const form: string[] = [`Action=${escapeForm(action)}`, `Version=${escapeForm(version)}`];
  encodeStructure(form, "", shape, input);
  return form.join("&");
}

/** Percent-encodes all but the unreserved characters of RFC 3986, which `encodeURIComponent` does not quite. */
export function escapeForm(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function encodeStructure(form: string[], prefix: string, shape: StructureShape, value: unknown): void {
  const object = value as Readonly<Record<string, unknown>>;
  for (const member of shape.members) {
    const entry = object[member.name];
    if (entry === undefined || entry === null) continue;
    encodeMember(form, `${prefix}${member.traits.xmlName ?? member.name}`, member, entry);
  }
}

function encodeMember(form: string[], name: string, member: Member, value: unknown): void {
  const flattened = member.traits.xmlFlattened === 1;
  if (member.shape.kind === "list") encodeList(form, name, member.shape, value, flattened);
  else if (member.shape.kind === "map") encodeMap(form, name, member.shape, value, flattened);
  else encodeTarget(form, name, member, value);
}

function encodeTarget(form: string[], name: string, target: Target, value: unknown): void {
  const { shape } = target;
  if (shape.kind === "structure") encodeStructure(form, `${name}.`, shape, value);
  else if (shape.kind === "list") encodeList(form, name, shape, value, false);
  else if (shape.kind === "map") encodeMap(form, name, shape, value, false);
  else form.push(`${escapeForm(name)}=${escapeForm(encodeSimpleText(shape, value, "date-time"))}`);
}

function encodeList(
  form: string[],
  name: string,
  shape: ListShape,
  value: unknown,
  flattened: boolean,
): void {
  const items = value as readonly unknown[];
  if (items.length === 0) form.push(`${escapeForm(name)}=`);
  const place = flattened ? name : `${name}.${shape.element.traits.xmlName ?? "member"}`;
  items.forEach((item, index) => encodeTarget(form, `${place}.${index + 1}`, shape.element, item));
}

function encodeMap(form: string[], name: string, shape: MapShape, value: unknown, flattened: boolean): void {
  const place = flattened ? name : `${name}.entry`;
  Object.entries(value as object).forEach(([key, entry], index) => {
    form.push(
      `${escapeForm(`${place}.${index + 1}.${shape.key.traits.xmlName ?? "key"}`)}=${escapeForm(key)}`,
    );
    encodeTarget(form, `${place}.${index + 1}.${shape.value.traits.xmlName ?? "value"}`, shape.value, entry);
  });
}
