import { fieldValue, TextMemo, wireLimits } from "../../base/index.ts";
import { addHeader, requestOf, type WireRequest } from "./request.ts";

/** A request that came with one read, all of it and nothing else. */
export interface WholeRequest {
  readonly request: WireRequest;
  readonly body: Buffer;
}

const HEAD_END = "\r\n\r\n";
const REQUEST_LINE = /^(GET|POST|PUT|DELETE|PATCH) (\/[\x21-\x7e]*) HTTP\/1\.1\r\n/;
/** What may stand in no field; line breaks are looked at by themselves. */
const BAD_FIELDS = /[^\t\r\n\x20-\x7e\x80-\xff]/;
const LINE_FEED = 0x0a;
const LENGTH = /^\d{1,9}$/;
/** What says how a connection or a body goes on is left to a parser that knows all of it. */
const SIMPLE_NAME =
  /^(?!(?:expect|http2-settings|proxy-connection|te|trailer|transfer-encoding|upgrade)$)[!#$%&'*+\-.^_`|~0-9a-z]+$/i;

/** In lower case; empty for those that are not simple. */
const SIMPLE_NAMES = new TextMemo(
  (name) => (SIMPLE_NAME.test(name) ? name.toLowerCase() : ""),
  wireLimits.knownHeaderNames,
);

/**
 * Reads the requests that nearly all SDKs send: HTTP/1.1 with one host, one plain length and a body behind the head.
 * Undefined for everything else, sound or not, which Node's own parser has to judge: nothing is read here that it would
 * read in another way.
 */
export function readWhole(bytes: Buffer): WholeRequest | undefined {
  const end = bytes.indexOf(HEAD_END, 0, "latin1");
  if (end < 0 || end > wireLimits.headerBytes) return undefined;
  const text = bytes.toString("latin1", 0, end + 2);
  const line = REQUEST_LINE.exec(text);
  if (line === null || BAD_FIELDS.test(text)) return undefined;
  const [start, method, target] = line as unknown as [string, string, string];
  const rawHeaders: string[] = [];
  const headers = Object.create(null) as Record<string, string>;
  if (!readFields(text, start.length, rawHeaders, headers)) return undefined;
  const body = bytes.subarray(end + HEAD_END.length);
  if (!isSimple(headers, body.length)) return undefined;
  return { request: requestOf(method, target, rawHeaders, headers), body };
}

/** Names and values, as they came and joined; false if a line is no field or one that is not simple. */
function readFields(text: string, start: number, raw: string[], headers: Record<string, string>): boolean {
  for (let from = start; from < text.length; ) {
    const end = text.indexOf("\r", from);
    if (end < 0 || text.charCodeAt(end + 1) !== LINE_FEED || text.indexOf("\n", from) !== end + 1)
      return false;
    const colon = text.indexOf(":", from);
    if (colon < 0 || colon > end) return false;
    const rawName = text.slice(from, colon);
    const name = SIMPLE_NAMES.get(rawName);
    if (name === "") return false;
    const value = fieldValue(text, colon + 1, end);
    raw.push(rawName, value);
    addHeader(headers, name, value);
    from = end + 2;
  }
  return true;
}

function isSimple(headers: Readonly<Record<string, string>>, bodyBytes: number): boolean {
  const length = headers["content-length"];
  // Of a field that came twice the values are joined by a comma, which no length and no host has.
  if (length === undefined ? bodyBytes > 0 : !LENGTH.test(length) || Number(length) !== bodyBytes)
    return false;
  const host = headers["host"];
  if (host === undefined || host === "" || host.includes(",")) return false;
  const connection = headers["connection"];
  if (connection !== undefined && connection.toLowerCase() !== "keep-alive") return false;
  return true;
}
