import { environmentLimits, fieldValue, TextMemo } from "../../base/index.ts";
import { ByteQueue } from "./byte-queue.ts";

/** Names in lower case; repeated fields are joined with a comma. */
export type HttpFields = ReadonlyMap<string, string>;

export interface HttpRequestHead {
  readonly method: string;
  /** Origin form: path and query. */
  readonly target: string;
  readonly fields: HttpFields;
  readonly keepAlive: boolean;
  readonly expectsContinue: boolean;
  /** Undefined for a chunked body. */
  readonly contentLength: number | undefined;
}

export type HttpRequestEvent =
  | { readonly kind: "head"; readonly head: HttpRequestHead }
  | { readonly kind: "body"; readonly bytes: Buffer }
  | { readonly kind: "end"; readonly trailers: HttpFields };

/** A request that breaks RFC 9112 or a limit; the connection can't be used any further. */
export class HttpSyntaxError extends Error {
  override readonly name = "HttpSyntaxError";
  readonly status: number;

  constructor(status: number, what: string) {
    super(what);
    this.status = status;
  }
}

const CR = 0x0d;
const LF = 0x0a;
const LINE_END = Buffer.from("\r\n");
const LINE_END_BYTES = 2;
const HEAD_END = Buffer.from("\r\n\r\n");
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const REQUEST_LINE = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+) (\/[\x21-\x7e]*) (HTTP\/1\.[01])$/;
/** Of all fields at once: what may stand in none, and line breaks that are not whole. */
const BAD_FIELDS = /[^\t\r\n\x20-\x7e\x80-\xff]|\r(?!\n)|(?<!\r)\n/;
const NO_FIELDS: HttpFields = new Map();

/**
 * Incremental parser of HTTP/1.1 requests, https://www.rfc-editor.org/rfc/rfc9112. Strict where lenience is how
 * requests get smuggled (bare LF, folded fields, both body lengths, signs in sizes) and bounded in all it keeps.
 * Bytes go in with `push`; `read` gives the next event or undefined if more bytes are needed. Requests that follow
 * on the same connection stay unread until `read` is called again.
 */
export class HttpRequestParser {
  readonly #queue = new ByteQueue();
  /** A runtime's requests have the same fields again and again. */
  readonly #fields = new TextMemo(readFields, environmentLimits.runtimeKnownFields);
  /** And those that ask for something the same heads. */
  readonly #asking = new TextMemo((head) => this.#parse(head), environmentLimits.runtimeKnownFields);
  #state: "head" | "sized" | "chunk-size" | "chunk" | "chunk-end" | "trailers" = "head";
  /** How far the queue was already searched in vain for the end of a head, line or trailer. */
  #searched = 0;
  #remaining = 0;

  push(bytes: Buffer): void {
    this.#queue.append(bytes);
  }

  /** Bytes received but not parsed; the reader of the connection bounds them. */
  get unreadBytes(): number {
    return this.#queue.length;
  }

  /** True between a request's head and its end. */
  get insideBody(): boolean {
    return this.#state !== "head";
  }

  read(): HttpRequestEvent | undefined {
    switch (this.#state) {
      case "head":
        return this.#readHead();
      case "sized":
        if (this.#remaining === 0) return this.#end(NO_FIELDS);
        return this.#readBytes();
      case "chunk-size":
        return this.#readChunkSize();
      case "chunk":
        if (this.#remaining > 0) return this.#readBytes();
        this.#state = "chunk-end";
        return this.read();
      case "chunk-end":
        if (this.#queue.length < 2) return undefined;
        if (!this.#queue.startsWith(CR, LF)) throw syntax("no CRLF after a chunk");
        this.#queue.skip(LINE_END_BYTES);
        this.#state = "chunk-size";
        return this.read();
      default:
        return this.#readTrailers();
    }
  }

  #readHead(): HttpRequestEvent | undefined {
    // A client may send one empty line before a request (RFC 9112, section 2.2).
    if (this.#queue.startsWith(CR, LF)) {
      this.#queue.skip(LINE_END_BYTES);
      this.#searched = 0;
    }
    const text = this.#takeThrough(HEAD_END, environmentLimits.runtimeHeaderBytes);
    if (text === undefined) return undefined;
    const head = text.startsWith("GET ") ? this.#asking.get(text) : this.#parse(text);
    if (head.contentLength === undefined) this.#state = "chunk-size";
    else {
      this.#state = "sized";
      this.#remaining = head.contentLength;
    }
    return { kind: "head", head };
  }

  #parse(text: string): HttpRequestHead {
    const end = text.indexOf("\r\n");
    return end < 0
      ? parseHead(text, NOTHING_SAID)
      : parseHead(text.slice(0, end), this.#fields.get(text.slice(end + LINE_END_BYTES)));
  }

  #readBytes(): HttpRequestEvent | undefined {
    if (this.#queue.length === 0) return undefined;
    const bytes = this.#queue.take(this.#remaining);
    this.#remaining -= bytes.length;
    return { kind: "body", bytes };
  }

  /** Chunk extensions are allowed and without meaning here. */
  #readChunkSize(): HttpRequestEvent | undefined {
    const line = this.#takeThrough(LINE_END, environmentLimits.runtimeChunkLineBytes);
    if (line === undefined) return undefined;
    const size = /^([0-9A-Fa-f]{1,8})[\t ]*(?:;.*)?$/.exec(line)?.[1];
    if (size === undefined) throw syntax("malformed chunk size");
    this.#remaining = Number.parseInt(size, 16);
    this.#state = this.#remaining === 0 ? "trailers" : "chunk";
    return this.read();
  }

  #readTrailers(): HttpRequestEvent | undefined {
    if (this.#queue.startsWith(CR, LF)) {
      this.#queue.skip(LINE_END_BYTES);
      return this.#end(NO_FIELDS);
    }
    const text = this.#takeThrough(HEAD_END, environmentLimits.runtimeHeaderBytes);
    return text === undefined ? undefined : this.#end(parseFields(text));
  }

  #end(trailers: HttpFields): HttpRequestEvent {
    this.#state = "head";
    this.#searched = 0;
    return { kind: "end", trailers };
  }

  /** The text before `terminator`, which is consumed too, or undefined if it has not arrived. */
  #takeThrough(terminator: Uint8Array, mostBytes: number): string | undefined {
    const at = this.#queue.indexOf(terminator, Math.max(0, this.#searched - terminator.length + 1));
    if (at > mostBytes || (at < 0 && this.#queue.length > mostBytes + terminator.length)) {
      throw new HttpSyntaxError(431, "header fields too large");
    }
    if (at < 0) {
      this.#searched = this.#queue.length;
      return undefined;
    }
    this.#searched = 0;
    const text = this.#queue.takeText(at);
    this.#queue.skip(terminator.length);
    return text;
  }
}

/** What the fields of a head say of its connection and its body. A fault of the length is told after the line's. */
interface FieldsRead {
  readonly fields: HttpFields;
  readonly connection: string;
  readonly expectsContinue: boolean;
  readonly contentLength: number | undefined | HttpSyntaxError;
}

function readFields(text: string): FieldsRead {
  return whatIsSaid(parseFields(text));
}

function whatIsSaid(fields: HttpFields): FieldsRead {
  return {
    fields,
    connection: fields.get("connection")?.toLowerCase() ?? "",
    expectsContinue: fields.get("expect")?.toLowerCase() === "100-continue",
    contentLength: parseBodyLength(fields),
  };
}

const NOTHING_SAID = whatIsSaid(NO_FIELDS);

function parseHead(requestLine: string, read: FieldsRead): HttpRequestHead {
  const parts = REQUEST_LINE.exec(requestLine);
  if (parts === null) throw lineFault(requestLine);
  const version = parts[3] as string;
  const { connection, contentLength, expectsContinue, fields } = read;
  if (contentLength instanceof HttpSyntaxError) throw contentLength;
  return {
    method: parts[1] as string,
    target: parts[2] as string,
    fields,
    keepAlive: version === "HTTP/1.1" ? !connection.includes("close") : connection.includes("keep-alive"),
    expectsContinue,
    contentLength,
  };
}

function lineFault(requestLine: string): HttpSyntaxError {
  const [method = "", target = "", version = "", more] = requestLine.split(" ");
  if (!TOKEN.test(method) || more !== undefined) return syntax("malformed request line");
  if (version !== "HTTP/1.1" && version !== "HTTP/1.0" && /^HTTP\/\d\.\d$/.test(version))
    return new HttpSyntaxError(505, "HTTP version");
  return syntax(target === "" ? "malformed request line" : "malformed request target");
}

function parseBodyLength(fields: HttpFields): FieldsRead["contentLength"] {
  const length = fields.get("content-length");
  const coding = fields.get("transfer-encoding");
  if (coding !== undefined) {
    if (length !== undefined) return syntax("both Content-Length and Transfer-Encoding");
    if (coding.toLowerCase() !== "chunked") return new HttpSyntaxError(501, "transfer coding");
    return undefined;
  }
  if (length === undefined) return 0;
  if (!/^\d{1,15}$/.test(length)) return syntax("malformed Content-Length");
  return Number(length);
}

/** `text` is one line or more, separated by CRLF. */
function parseFields(text: string): HttpFields {
  const fields = new Map<string, string>();
  if (BAD_FIELDS.test(text)) throw syntax("malformed header field");
  let lines = 0;
  for (let from = 0; from <= text.length; lines++) {
    if (lines === environmentLimits.runtimeHeaderFields) {
      throw new HttpSyntaxError(431, "too many header fields");
    }
    const found = text.indexOf("\r\n", from);
    const end = found < 0 ? text.length : found;
    const colon = text.indexOf(":", from);
    if (colon < 0 || colon > end) throw syntax("malformed header field");
    const key = fieldName(text.slice(from, colon));
    const value = fieldValue(text, colon + 1, end);
    const before = fields.get(key);
    fields.set(key, before === undefined ? value : `${before}, ${value}`);
    from = end + LINE_END_BYTES;
  }
  return fields;
}

/** Names that nearly all requests have, as clients write them. */
const USUAL_NAMES: ReadonlyMap<string, string> = new Map(
  ["Host", "Content-Type", "Content-Length", "User-Agent", "Accept", "Connection", "Transfer-Encoding"].map(
    (name) => [name, name.toLowerCase()],
  ),
);

function fieldName(text: string): string {
  const usual = USUAL_NAMES.get(text);
  if (usual !== undefined) return usual;
  if (!TOKEN.test(text)) throw syntax("malformed header field");
  return text.toLowerCase();
}

function syntax(what: string): HttpSyntaxError {
  return new HttpSyntaxError(400, what);
}
