import { copyOf, fieldValue, standsAt, TextMemo, wireLimits } from "../../base/index.ts";
import { addHeader, requestOf, type WireRequest } from "./request.ts";

/** A request that came with one read, all of it and nothing else. */
export interface WholeRequest {
  readonly request: WireRequest;
  readonly body: Buffer;
}

interface Field {
  /** Up to the colon, and all of it with its end. */
  readonly start: string;
  readonly line: string;
  readonly rawName: string;
  /** In lower case. */
  readonly name: string;
  readonly value: string;
}

/** A head of the same connection that others are held against. */
interface Known {
  /** With its end. */
  readonly line: string;
  readonly request: Pick<WireRequest, "method" | "path" | "rawQuery" | "query">;
  readonly fields: readonly Field[];
}

const HEAD_END = Buffer.from("\r\n\r\n");
const REQUEST_LINE = /^(GET|POST|PUT|DELETE|PATCH) (\/[\x21-\x7e]*) HTTP\/1\.1\r\n/;
/** What may stand in no value; line breaks are looked at by themselves. */
const BAD_VALUE = /[^\t\x20-\x7e\x80-\xff]/;
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

/** Lines that differ from one request of a client to the next: dates, signatures, ids, lengths. */
const USUALLY_NEW = 6;
/** After so many requests in a row that have little in common with the known one, another one is known. */
const STRANGERS = 16;

/**
 * Reads the requests of one connection that nearly all SDKs send: HTTP/1.1 with one host, one plain length and a body
 * behind the head. Undefined for everything else, sound or not, which Node's own parser has to judge: nothing is read
 * here that it would read in another way. Lines that an earlier head had at the same place are not read again.
 */
export class WholeRequests {
  #read = 0;
  #strangers = 0;
  #known: Known | undefined;

  read(bytes: Buffer): WholeRequest | undefined {
    const end = bytes.indexOf(HEAD_END);
    if (end < 0 || end > wireLimits.headerBytes) return undefined;
    const text = bytes.toString("latin1", 0, end + 2);
    const known = this.#known;
    const same = known !== undefined && standsAt(text, known.line, 0) ? known : undefined;
    const line = same === undefined ? REQUEST_LINE.exec(text) : undefined;
    if (line === null) return undefined;
    const rawHeaders: string[] = [];
    const headers = Object.create(null) as Record<string, string>;
    const start = (line?.[0] ?? same?.line ?? "").length;
    const fresh = readFields(text, start, known?.fields ?? [], rawHeaders, headers);
    if (fresh < 0) return undefined;
    const body = bytes.subarray(end + HEAD_END.length);
    if (!isSimple(headers, body.length)) return undefined;
    const request: WireRequest =
      same === undefined
        ? requestOf(line?.[1] ?? "", line?.[2] ?? "", rawHeaders, headers)
        : {
            method: same.request.method,
            path: same.request.path,
            rawQuery: same.request.rawQuery,
            query: same.request.query,
            headers,
            rawHeaders,
          };
    this.#learn(text, same === undefined ? fresh + 1 : fresh);
    return { request, body };
  }

  /** A connection's first request may be its only one. Of long heads none is kept. */
  #learn(text: string, newLines: number): void {
    this.#read += 1;
    this.#strangers = newLines > USUALLY_NEW ? this.#strangers + 1 : 0;
    if (this.#read !== 2 && this.#strangers < STRANGERS) return;
    this.#strangers = 0;
    if (text.length <= wireLimits.knownHeadCharacters) this.#known = knownHead(text);
  }
}

/** Of a head that was read. Nothing of it holds on to the text. */
function knownHead(text: string): Known {
  const [line = "", method = "", target = ""] = (REQUEST_LINE.exec(text) ?? []).map(copyOf);
  const { path, query, rawQuery } = requestOf(method, target, []);
  const fields: Field[] = [];
  for (let from = line.length; from < text.length; ) {
    const end = text.indexOf("\n", from) + 1;
    const whole = copyOf(text.slice(from, end));
    const rawName = copyOf(whole.slice(0, whole.indexOf(":")));
    const value = copyOf(fieldValue(whole, rawName.length + 1, whole.length - 2));
    const start = copyOf(`${rawName}:`);
    fields.push({ start, line: whole, rawName, name: SIMPLE_NAMES.get(rawName), value });
    from = end;
  }
  return { line, request: { method, path: copyOf(path), query, rawQuery: copyOf(rawQuery) }, fields };
}

/**
 * Adds names and values, as they came and joined; gives how many lines differ from those that are known, -1 if one is
 * no field or one that is not simple.
 */
function readFields(
  text: string,
  start: number,
  known: readonly Field[],
  raw: string[],
  headers: Record<string, string>,
): number {
  let fresh = 0;
  for (let from = start, at = 0; from < text.length; at += 1) {
    const like = at < known.length ? known[at] : undefined;
    if (like !== undefined && standsAt(text, like.line, from)) {
      raw.push(like.rawName, like.value);
      addHeader(headers, like.name, like.value);
      from += like.line.length;
      continue;
    }
    fresh += 1;
    const end = text.indexOf("\r", from);
    if (end < 0 || text.charCodeAt(end + 1) !== LINE_FEED || text.indexOf("\n", from) !== end + 1) return -1;
    const named = like !== undefined && standsAt(text, like.start, from) ? like : undefined;
    const colon = named === undefined ? text.indexOf(":", from) : from + named.start.length - 1;
    if (colon < 0 || colon > end) return -1;
    const rawName = named?.rawName ?? text.slice(from, colon);
    const name = named?.name ?? SIMPLE_NAMES.get(rawName);
    if (name === "") return -1;
    const value = fieldValue(text, colon + 1, end);
    if (BAD_VALUE.test(value)) return -1;
    raw.push(rawName, value);
    addHeader(headers, name, value);
    from = end + 2;
  }
  return fresh;
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
