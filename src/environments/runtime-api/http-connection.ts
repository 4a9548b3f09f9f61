import type { Socket } from "node:net";
import { environmentLimits } from "../../base/index.ts";
import {
  type HttpFields,
  type HttpRequestHead,
  HttpRequestParser,
  HttpSyntaxError,
} from "./http-request-parser.ts";

// An import of node:http would load Node's web clients as well: 13 MiB, and a tenth of the time to start.
const { STATUS_CODES } = process.getBuiltinModule("node:http");

/** What a router does with one request. The connection may call all of it synchronously. */
export interface RequestHandler {
  onBody(bytes: Buffer): void;
  /** The request is complete; the handler answers through its exchange, now or later. */
  onEnd(trailers: HttpFields): void;
  /** The peer went away before the answer or within the request. An answer may still reach one that only ended. */
  onAbandoned(): void;
}

/** One request and the place for its answer. */
export interface HttpExchange {
  readonly head: HttpRequestHead;
  /** False once answered or abandoned. */
  readonly open: boolean;
  /** Hands over no more of the body, and soon reads no more of it, until `resumeBody`. */
  pauseBody(): void;
  resumeBody(): void;
  respond(status: number, fields: Readonly<Record<string, string>>, body: Uint8Array | string): void;
}

export interface HttpConnectionOptions {
  readonly route: (exchange: HttpExchange) => RequestHandler;
  readonly onClosed: (connection: HttpConnection) => void;
  /** A handler threw: the connection is closed, the server goes on. */
  readonly onFault: (error: unknown) => void;
}

/** One connection of HTTP/1.1 with keep-alive and pipelining; requests are handled strictly one after another. */
export class HttpConnection {
  readonly #socket: Socket;
  readonly #options: HttpConnectionOptions;
  readonly #parser = new HttpRequestParser();
  #exchange: Exchange | undefined;
  #handler: RequestHandler | undefined;
  /** The present request is complete and its answer is not yet sent. */
  #answering = false;
  #reading = false;
  /** The handler takes no more of the body for now. */
  #paused = false;
  /** The peer ended its side; told when the handler has seen what came before. */
  #endPending = false;
  /** Nothing more is read, and the next answer is the last. */
  #ended = false;

  constructor(socket: Socket, options: HttpConnectionOptions) {
    this.#socket = socket;
    this.#options = options;
    // A peer that ends its side in the middle of a body is still told so.
    socket.allowHalfOpen = true;
    socket.setNoDelay(true);
    socket.on("data", (bytes: Buffer) => {
      if (this.#ended) return;
      this.#parser.push(bytes);
      this.#read();
    });
    socket.on("end", () => {
      if (this.#paused) this.#endPending = true;
      else this.#end();
    });
    socket.on("error", () => undefined); // `close` follows.
    socket.once("close", () => {
      this.#ended = true;
      this.#abandon(false);
      options.onClosed(this);
    });
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #end(): void {
    this.#ended = true;
    this.#abandon(true);
    this.#finish();
  }

  /** Parses until the bytes run out or a request waits for its answer. */
  #read(): void {
    if (this.#reading) return;
    this.#reading = true;
    try {
      while (!this.#answering && !this.#ended && !this.#paused) {
        const event = this.#parser.read();
        if (event === undefined) break;
        if (event.kind === "head") this.#begin(event.head);
        else if (event.kind === "body") this.#handler?.onBody(event.bytes);
        else {
          this.#answering = true;
          this.#handler?.onEnd(event.trailers);
        }
      }
    } catch (error) {
      if (error instanceof HttpSyntaxError) this.#reject(error.status);
      else {
        this.#options.onFault(error);
        this.#socket.destroy();
      }
    } finally {
      this.#reading = false;
    }
    if (this.#answering && this.#parser.unreadBytes > environmentLimits.runtimeUnreadBytes)
      this.#socket.pause();
  }

  #begin(head: HttpRequestHead): void {
    if (head.expectsContinue) this.#socket.write("HTTP/1.1 100 Continue\r\n\r\n");
    this.#exchange = new Exchange(
      head,
      (bytes) => this.#answer(head, bytes),
      (paused) => this.#pause(paused),
    );
    this.#handler = this.#options.route(this.#exchange);
  }

  #pause(paused: boolean): void {
    if (paused === this.#paused) return;
    this.#paused = paused;
    if (paused) {
      this.#socket.pause();
      return;
    }
    this.#socket.resume();
    this.#read();
    if (this.#endPending && !this.#paused && !this.#ended) this.#end();
  }

  #answer(head: HttpRequestHead, bytes: Uint8Array): void {
    // An answer before the end of the request can only be followed by closing.
    if (!head.keepAlive || !this.#answering) this.#ended = true;
    this.#exchange = undefined;
    this.#handler = undefined;
    this.#answering = false;
    this.#paused = false;
    if (this.#socket.writable) this.#socket.write(bytes);
    if (this.#ended) {
      this.#finish();
      return;
    }
    if (this.#socket.isPaused()) this.#socket.resume();
    this.#read();
  }

  /** Malformed bytes: answered once, and nothing more is read. */
  #reject(status: number): void {
    this.#ended = true;
    this.#abandon(false);
    const fields = { "Content-Type": "text/plain; charset=utf-8", Connection: "close" };
    this.#socket.write(encodeResponse(status, fields, `${status} ${STATUS_CODES[status] ?? ""}`));
    this.#finish();
  }

  #finish(): void {
    if (this.#socket.destroyed) return;
    this.#socket.resume(); // Unread bytes would turn the orderly end into a reset that eats the answer.
    this.#socket.end(() => this.#socket.destroySoon());
  }

  #abandon(mayAnswer: boolean): void {
    const exchange = this.#exchange;
    const handler = this.#handler;
    if (exchange === undefined || handler === undefined) return;
    if (!mayAnswer) exchange.abandon();
    try {
      handler.onAbandoned();
    } catch (error) {
      this.#options.onFault(error);
    }
    exchange.abandon();
    this.#exchange = undefined;
    this.#handler = undefined;
    this.#answering = false;
  }
}

class Exchange implements HttpExchange {
  readonly head: HttpRequestHead;
  #send: ((bytes: Uint8Array) => void) | undefined;
  readonly #pause: (paused: boolean) => void;

  constructor(head: HttpRequestHead, send: (bytes: Uint8Array) => void, pause: (paused: boolean) => void) {
    this.head = head;
    this.#send = send;
    this.#pause = pause;
  }

  get open(): boolean {
    return this.#send !== undefined;
  }

  abandon(): void {
    this.#send = undefined;
  }

  pauseBody(): void {
    if (this.open) this.#pause(true);
  }

  resumeBody(): void {
    if (this.open) this.#pause(false);
  }

  respond(status: number, fields: Readonly<Record<string, string>>, body: Uint8Array | string): void {
    const send = this.#send;
    if (send === undefined) return;
    this.#send = undefined;
    send(encodeResponse(status, fields, body));
  }
}

/** Head and body in one buffer, so that a small answer is one segment and one system call. */
export function encodeResponse(
  status: number,
  fields: Readonly<Record<string, string>>,
  body: Uint8Array | string,
): Buffer {
  const bodyBytes = typeof body === "string" ? Buffer.byteLength(body) : body.length;
  let head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? "Unknown"}\r\n`;
  for (const name in fields) head += `${name}: ${fieldValue(fields[name] as string)}\r\n`;
  head += `Content-Length: ${bodyBytes}\r\n\r\n`;
  const headBytes = Buffer.byteLength(head);
  const bytes = Buffer.allocUnsafe(headBytes + bodyBytes);
  bytes.write(head, 0, "utf8");
  if (typeof body === "string") bytes.write(body, headBytes, "utf8");
  else bytes.set(body, headBytes);
  return bytes;
}

/** No caller of Invoke can add a header line to what the runtime reads. */
function fieldValue(value: string): string {
  return /[\r\n\0]/.test(value) ? value.replace(/[\r\n\0]/g, " ") : value;
}
