import { Readable } from "node:stream";
import { escapeForm } from "../codecs/query-encoder.ts";
import { encodeSimpleText } from "../codecs/xml-encoder.ts";
import type { Member, OperationModel, Shape, SimpleShape } from "../model/table.ts";
import { headerText } from "../protocols/http-bindings.ts";
import type { EncodedRequest } from "./request-encoder.ts";

type Input = Readonly<Record<string, unknown>>;

/** Method, path, query and headers of an operation with HTTP bindings: https://smithy.io/2.0/spec/http-bindings.html */
export function encodeBindings(
  operation: OperationModel,
  input: Input,
): Omit<EncodedRequest, "body"> & { readonly headers: Record<string, string> } {
  const [method, uri] = operation.traits.http ?? ["POST", "/"];
  const [template = "/", literal = ""] = uri.split("?");
  const { members } = operation.input;
  // A parameter without a value is signed as if it had an empty one; the SDK sends it so.
  const query =
    literal === "" ? [] : literal.split("&").map((pair) => (pair.includes("=") ? pair : `${pair}=`));
  const headers: Record<string, string> = {};
  for (const member of members) {
    const value = input[member.name];
    if (value === undefined || value === null) continue;
    const { httpQuery, httpHeader, httpPrefixHeaders } = member.traits;
    if (httpQuery !== undefined) query.push(...queryPairs(httpQuery, member, value));
    else if (httpHeader !== undefined)
      headers[httpHeader.toLowerCase()] = headerText(headerValue(member, value));
    else if (httpPrefixHeaders !== undefined) {
      for (const [name, entry] of Object.entries(value as Readonly<Record<string, string>>)) {
        headers[`${httpPrefixHeaders}${name}`.toLowerCase()] = headerText(entry);
      }
    }
  }
  // S3's models put the bucket into the host's name; here it goes into the path.
  const bucket = members.some(({ name, traits }) => name === "Bucket" && traits.httpLabel === 1);
  const full = bucket && !template.includes("{Bucket}") ? `/{Bucket}${template}` : template;
  const path = full.replace(/\{(\w+)(\+?)\}/g, (_, name: string, greedy: string) => {
    const member = members.find((candidate) => candidate.name === name);
    const value = input[name];
    if (member === undefined || value === undefined || value === null || value === "") {
      throw new TypeError(`${operation.name} needs ${name}`);
    }
    const text = simpleText(member.shape, value, "date-time");
    return greedy === "" ? escapeForm(text) : text.split("/").map(escapeForm).join("/");
  });
  return { method, path, query: query.join("&"), headers };
}

function queryPairs(name: string, member: Member, value: unknown): string[] {
  const { shape } = member;
  const values = shape.kind === "list" ? (value as readonly unknown[]) : [value];
  const element = shape.kind === "list" ? shape.element.shape : shape;
  return values.map((entry) => `${escapeForm(name)}=${escapeForm(simpleText(element, entry, "date-time"))}`);
}

function headerValue(member: Member, value: unknown): string {
  const { shape } = member;
  if (shape.kind !== "list") return simpleText(shape, value, "http-date");
  const { element } = shape;
  return (value as readonly unknown[])
    .map((entry) => simpleText(element.shape, entry, "http-date"))
    .join(",");
}

function simpleText(shape: Shape, value: unknown, timestamps: "date-time" | "http-date"): string {
  return encodeSimpleText(shape as SimpleShape, value, timestamps);
}

/** A payload that travels as it is. */
export function rawBody(value: unknown): Uint8Array | Readable {
  if (value instanceof Readable || value instanceof Uint8Array) return value;
  return Buffer.from(String(value), "utf8");
}
