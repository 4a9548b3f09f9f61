import type { IncomingMessage } from "node:http";
import { TextMemo, wireLimits } from "../../base/index.ts";

/** The head of a request, taken apart once. */
export interface WireRequest {
  readonly method: string;
  /** Path and query as they are on the wire. */
  readonly path: string;
  readonly rawQuery: string;
  readonly query: QueryParameters;
  /** Names in lower case, several values joined with a comma and a space; without a prototype. */
  readonly headers: Readonly<Record<string, string>>;
  /** Names and values in turn, as they came. Bytes above 127 are one character each. */
  readonly rawHeaders: readonly string[];
}

export function readHead(message: IncomingMessage): WireRequest {
  const rawHeaders = message.httpVersionMajor === 2 ? plainHeaders(message.rawHeaders) : message.rawHeaders;
  return requestOf(message.method ?? "GET", message.url ?? "/", rawHeaders);
}

/** `headers` are the raw ones joined, where somebody has done so. */
export function requestOf(
  method: string,
  target: string,
  rawHeaders: readonly string[],
  headers: Readonly<Record<string, string>> = joinHeaders(rawHeaders),
): WireRequest {
  const [path, rawQuery] = splitTarget(target);
  return {
    method,
    path,
    rawQuery,
    query: rawQuery === "" ? NO_PARAMETERS : new QueryParameters(rawQuery),
    headers,
    rawHeaders,
  };
}

/**
 * HTTP/2's head as HTTP/1 would have it: the authority is the host. A host that differs from it makes the request
 * malformed (RFC 9113 section 8.3.1); both together are no valid host.
 */
function plainHeaders(rawHeaders: readonly string[]): string[] {
  const plain: string[] = [];
  let authority: string | undefined;
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    const value = rawHeaders[i + 1] as string;
    if (name === ":authority") authority = value;
    else if (name === "host" && value === authority) continue;
    else if (!name.startsWith(":")) plain.push(name, value);
  }
  return authority === undefined ? plain : ["host", authority, ...plain];
}

/** The target may be a whole address, as for a proxy; then the path begins after the authority. */
function splitTarget(url: string): [string, string] {
  const absolute = url.startsWith("/") ? null : /^[a-z][a-z0-9+.-]*:\/\/[^/?]*/i.exec(url);
  const target = absolute === null ? url : url.slice(absolute[0].length);
  const mark = target.indexOf("?");
  const path = mark === -1 ? target : target.slice(0, mark);
  return [path.startsWith("/") ? path : `/${path}`, mark === -1 ? "" : target.slice(mark + 1)];
}

function joinHeaders(rawHeaders: readonly string[]): Record<string, string> {
  const headers = Object.create(null) as Record<string, string>;
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    addHeader(headers, LOWER_NAMES.get(rawHeaders[i] as string), rawHeaders[i + 1] as string);
  }
  return headers;
}

/** `name` is in lower case. */
export function addHeader(headers: Record<string, string>, name: string, value: string): void {
  const before = headers[name];
  headers[name] = before === undefined ? value : `${before}, ${value}`;
}

/** A key that is made anew costs more than the rest of its header. */
const LOWER_NAMES = new TextMemo((name) => name.toLowerCase(), wireLimits.knownHeaderNames);

/** The parameters of a query or form, decoded, in their order. */
export class QueryParameters implements Iterable<readonly [string, string]> {
  readonly #pairs: readonly (readonly [string, string])[];
  /** More parameters than a request may have. */
  readonly excessive: boolean;

  constructor(text: string) {
    const parts = text === "" ? [] : text.split("&", wireLimits.parameters + 1);
    this.excessive = parts.length > wireLimits.parameters;
    this.#pairs = parts
      .filter((part) => part !== "")
      .map((part) => {
        const equals = part.indexOf("=");
        return equals === -1
          ? [decodeParameter(part), ""]
          : [decodeParameter(part.slice(0, equals)), decodeParameter(part.slice(equals + 1))];
      });
  }

  get empty(): boolean {
    return this.#pairs.length === 0;
  }

  [Symbol.iterator](): Iterator<readonly [string, string]> {
    return this.#pairs[Symbol.iterator]();
  }

  has(name: string): boolean {
    return this.#pairs.some(([key]) => key === name);
  }

  get(name: string): string | undefined {
    return this.#pairs.find(([key]) => key === name)?.[1];
  }

  all(name: string): string[] {
    return this.#pairs.filter(([key]) => key === name).map(([, value]) => value);
  }
}

/** Decodes `+` and percent escapes; what is no valid escape stays as it is. */
function decodeParameter(text: string): string {
  const spaced = text.includes("+") ? text.replaceAll("+", " ") : text;
  if (!spaced.includes("%")) return spaced;
  try {
    return decodeURIComponent(spaced);
  } catch {
    return spaced;
  }
}

const NO_PARAMETERS = new QueryParameters("");
