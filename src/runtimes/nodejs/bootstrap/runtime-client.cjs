"use strict";

const { Connection } = require("./connection.cjs");
const { errorDocument, headerText } = require("./errors.cjs");

const API = "/2018-06-01/runtime";
const TYPE_FIELD = "Lambda-Runtime-Function-Error-Type";
const BODY_FIELD = "Lambda-Runtime-Function-Error-Body";
const HEAD_END = Buffer.from("\r\n\r\n");
const NEVER = new Promise(() => undefined);

/**
 * The Runtime API over one kept connection, framed by hand: loading an HTTP module would cost more than a whole warm
 * invocation. Requests may be sent before the answers to earlier ones; answers come in order.
 */
class RuntimeClient {
  constructor(address) {
    this.host = address;
    this.waiting = [];
    this.received = [];
    this.receivedBytes = 0;
    this.answer = undefined;
    this.leaving = false;
    this.connection = new Connection(address, (bytes) => this.read(bytes));
  }

  /** While held, the connection keeps the process alive; while released, an empty event loop shows. */
  hold() {
    this.connection.hold();
  }

  release() {
    this.connection.release();
  }

  /** From here on no invocation is asked for: the process ends once its error is told, whatever the function still does. */
  leave() {
    this.leaving = true;
  }

  /** Asks for the next invocation. */
  next() {
    return this.leaving ? NEVER : this.send(this.nextRequest());
  }

  nextRequest() {
    return `GET ${API}/invocation/next HTTP/1.1\r\nHost: ${this.host}\r\n\r\n`;
  }

  /** Asks what to serve; answered once, to a process that was started before that was known. */
  assignment() {
    return this.send(`GET /lambkin/assignment HTTP/1.1\r\nHost: ${this.host}\r\n\r\n`);
  }

  /** Posts a result and asks for the next invocation in the same segment; resolves to the latter. */
  respond(id, text) {
    return this.sendAndNext(this.postRequest(`/invocation/${id}/response`, "", text));
  }

  fail(id, error) {
    return this.sendAndNext(this.errorRequest(`/invocation/${id}/error`, error));
  }

  invocationError(id, error) {
    return this.send(this.errorRequest(`/invocation/${id}/error`, error));
  }

  initError(error) {
    return this.send(this.errorRequest("/init/error", error));
  }

  errorRequest(path, error) {
    const document = errorDocument(error);
    const type = `${TYPE_FIELD}: ${headerText(document.errorType)}\r\n`;
    return this.postRequest(path, type, JSON.stringify(document));
  }

  postRequest(path, fields, text) {
    const head = `POST ${API}${path} HTTP/1.1\r\nHost: ${this.host}\r\nContent-Type: application/json\r\n${fields}`;
    return `${head}Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`;
  }

  /** Begins a response whose chunks follow; resolves when the platform has taken all of it. */
  beginStream(id, contentType) {
    return this.send(
      `POST ${API}/invocation/${id}/response HTTP/1.1\r\nHost: ${this.host}\r\nContent-Type: ${headerText(contentType)}\r\n` +
        `Lambda-Runtime-Function-Response-Mode: streaming\r\nTransfer-Encoding: chunked\r\n` +
        `Trailer: ${TYPE_FIELD}, ${BODY_FIELD}\r\n\r\n`,
    );
  }

  writeChunk(bytes, done) {
    if (bytes.length === 0) {
      done();
      return;
    }
    this.connection.writeFramed(`${bytes.length.toString(16)}\r\n`, bytes, "\r\n", done);
  }

  /** `error` is told in the trailers. */
  endStream(error) {
    let trailers = "";
    if (error !== undefined) {
      const document = errorDocument(error.thrown);
      const body = Buffer.from(JSON.stringify(document)).toString("base64");
      trailers = `${TYPE_FIELD}: ${headerText(document.errorType)}\r\n${BODY_FIELD}: ${body}\r\n`;
    }
    this.connection.write(`0\r\n${trailers}\r\n`);
  }

  /** Resolves to the answer. */
  send(text) {
    const answer = this.expect();
    this.connection.write(text);
    return answer;
  }

  sendAndNext(text) {
    if (this.leaving) return NEVER;
    void this.expect();
    return this.send(text + this.nextRequest());
  }

  expect() {
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  /** Whether an answer is still to come. */
  read(bytes) {
    this.received.push(bytes);
    this.receivedBytes += bytes.length;
    while (this.readAnswer());
    return this.waiting.length > 0;
  }

  /** Takes the next answer, if all of it has arrived. */
  readAnswer() {
    if (this.answer === undefined && !this.readHead()) return false;
    const { fields, length, status } = this.answer;
    if (length === undefined && !this.readChunks()) return false;
    if (length !== undefined && this.receivedBytes < length) return false;
    let body;
    if (length === undefined) body = Buffer.concat(this.answer.chunks);
    else {
      const all = this.joined();
      this.keep(all.subarray(length));
      body = all.subarray(0, length);
    }
    this.answer = undefined;
    this.waiting.shift()?.({ status, fields, body });
    return true;
  }

  readHead() {
    if (this.receivedBytes === 0) return false;
    const all = this.joined();
    const end = all.indexOf(HEAD_END);
    if (end < 0) {
      this.keep(all);
      return false;
    }
    const [statusLine, ...lines] = all.toString("utf8", 0, end).split("\r\n");
    const fields = new Map();
    for (const line of lines) {
      const colon = line.indexOf(":");
      fields.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
    }
    const chunked = fields.get("transfer-encoding")?.toLowerCase() === "chunked";
    const length = chunked ? undefined : Number(fields.get("content-length") ?? 0);
    this.answer = { status: Number(statusLine.split(" ")[1]), fields, length, chunks: [] };
    this.keep(all.subarray(end + HEAD_END.length));
    return true;
  }

  /**
   * Takes the chunks that have arrived; true when that was all of them. Extensions may put a proxy before the Runtime
   * API that answers in chunks.
   */
  readChunks() {
    let rest = this.joined();
    for (;;) {
      const end = rest.indexOf("\r\n");
      const size = end < 0 ? Number.NaN : Number.parseInt(rest.toString("latin1", 0, end), 16);
      // Trailers end with an empty line, like a head; without any it follows at once.
      const after = size === 0 ? rest.indexOf(HEAD_END, end) + HEAD_END.length : end + 2 + size + 2;
      const whole = size === 0 ? after >= HEAD_END.length : rest.length >= after;
      if (Number.isNaN(size) || !whole) {
        this.keep(rest);
        return false;
      }
      if (size > 0) this.answer.chunks.push(rest.subarray(end + 2, end + 2 + size));
      rest = rest.subarray(after);
      if (size > 0) continue;
      this.keep(rest);
      return true;
    }
  }

  joined() {
    if (this.received.length === 0) return Buffer.alloc(0);
    return this.received.length === 1 ? this.received[0] : Buffer.concat(this.received);
  }

  keep(bytes) {
    this.received = bytes.length === 0 ? [] : [bytes];
    this.receivedBytes = bytes.length;
  }
}

module.exports = { RuntimeClient };
