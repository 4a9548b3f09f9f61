import type { Socket } from "node:net";
import { type Clock, Deadline, environmentLimits, STATUS_CODES } from "../../base/index.ts";
import {
  type HttpFields,
  type HttpRequestHead,
  HttpRequestParser,
  HttpSyntaxError,
} from "./http-request-parser.ts";
import { type EncodedResponse, encodeResponse } from "./http-response.ts";

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
  /** As `respond`, with an answer that was encoded before. */
  send(answer: EncodedResponse): void;
}

/** What an exchange asks of its connection. */
interface ExchangeOwner {
  pause(paused: boolean): void;
  answer(head: HttpRequestHead, answer: EncodedResponse): void;
}

export interface HttpConnectionOptions {
  readonly clock: Clock;
  readonly route: (exchange: HttpExchange) => RequestHandler;
  readonly onClosed: (connection: HttpConnection) => void;
  /** Whether one more head or trailer may be long; the connection has told of the end of one that it was granted, or closed. */
  readonly grantsLongHead: (connection: HttpConnection) => boolean;
  readonly onLongHeadEnd: (connection: HttpConnection) => void;
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
  /** The peer does not take its answers, so that it gets no further ones. */
  #clogged = false;
  #hasLongHead = false;
  /** So much was handled in this turn of the event loop that others come first. */
  #yielding = false;
  /** The peer ended its side; told when what came before has been handled. */
  #endPending = false;
  /** Nothing more is read, and the next answer is the last. */
  #ended = false;
  readonly #owner: ExchangeOwner = {
    pause: (paused) => this.#pause(paused),
    answer: (head, answer) => this.#answer(head, answer),
  };
  /** An answer to a peer that has sent its next request behind, which is about to be answered too. */
  #held: EncodedResponse | undefined;
  readonly #holding: Deadline;

  constructor(socket: Socket, options: HttpConnectionOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#holding = new Deadline(options.clock);
    // A peer that ends its side in the middle of a body is still told so.
    socket.allowHalfOpen = true;
    socket.setNoDelay(true);
    socket.on("data", (bytes: Buffer) => {
      if (this.#ended) return;
      this.#parser.push(bytes);
      this.#read();
    });
    socket.on("end", () => {
      if (this.#waits) this.#endPending = true;
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
    if (this.#reading || this.#yielding) return;
    this.#reading = true;
    let handled = 0;
    try {
      while (!this.#answering && !this.#ended && !this.#waits) {
        if (handled === environmentLimits.runtimeRequestsOfTurn) {
          this.#yield();
          break;
        }
        const event = this.#parser.read();
        if (event === undefined) break;
        if (event.kind === "head") this.#begin(event.head);
        else if (event.kind === "body") this.#handler?.onBody(event.bytes);
        else {
          handled += 1;
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
    if (this.#held !== undefined) {
      if (this.#answering) this.#holding.set(environmentLimits.runtimeAnswerHeldMs, () => this.#sendHeld());
      else this.#sendHeld();
    }
    if (this.#parser.unreadBytes <= environmentLimits.runtimeUnreadBytes) this.#endLongHead();
    else if (this.#answering) this.#socket.pause();
    else if (!this.#waits && !this.#ended) this.#beginLongHead();
  }

  #beginLongHead(): void {
    if (this.#hasLongHead) return;
    this.#hasLongHead = this.#options.grantsLongHead(this);
    if (!this.#hasLongHead) this.#reject(431);
  }

  #endLongHead(): void {
    if (!this.#hasLongHead) return;
    this.#hasLongHead = false;
    this.#options.onLongHeadEnd(this);
  }

  #yield(): void {
    this.#yielding = true;
    this.#socket.pause();
    setImmediate(() => {
      this.#yielding = false;
      this.#goOn();
    });
  }

  /** Whatever kept it from reading is over; something else may still. */
  #goOn(): void {
    if (this.#ended || this.#waits) return;
    this.#socket.resume();
    this.#read();
    if (this.#endPending && !this.#waits && !this.#ended) this.#end();
  }

  get #waits(): boolean {
    return this.#paused || this.#clogged || this.#yielding;
  }

  #begin(head: HttpRequestHead): void {
    if (head.expectsContinue) this.#socket.write("HTTP/1.1 100 Continue\r\n\r\n");
    this.#exchange = new Exchange(head, this.#owner);
    this.#handler = this.#options.route(this.#exchange);
  }

  #pause(paused: boolean): void {
    if (paused === this.#paused) return;
    this.#paused = paused;
    if (paused) {
      this.#socket.pause();
      return;
    }
    this.#goOn();
  }

  #answer(head: HttpRequestHead, answer: EncodedResponse): void {
    // An answer before the end of the request can only be followed by closing.
    if (!head.keepAlive || !this.#answering) this.#ended = true;
    this.#exchange = undefined;
    this.#handler = undefined;
    this.#answering = false;
    this.#paused = false;
    // One segment for two answers is half of the work for both sides.
    if (this.#reading && !this.#ended && this.#held === undefined && this.#parser.unreadBytes > 0)
      this.#held = answer;
    else this.#write(answer);
    if (this.#ended) {
      this.#finish();
      return;
    }
    if (this.#clogged || this.#yielding) return;
    if (this.#socket.isPaused()) this.#socket.resume();
    this.#read();
  }

  /** Writes an answer behind the one that waits, if one does. */
  #write(answer: EncodedResponse): void {
    const held = this.#held;
    if (held === undefined) this.#put(answer);
    else {
      this.#held = undefined;
      this.#holding.clear();
      if (typeof held === "string" && typeof answer === "string") this.#put(held + answer);
      else {
        this.#socket.cork();
        this.#put(held);
        this.#put(answer);
        this.#socket.uncork();
      }
    }
  }

  #sendHeld(): void {
    const held = this.#held;
    this.#held = undefined;
    this.#holding.clear();
    if (held !== undefined) this.#put(held);
  }

  #put(answer: EncodedResponse): void {
    if (!this.#socket.writable) return;
    if (typeof answer === "string") this.#socket.write(answer, "latin1");
    else this.#socket.write(answer);
    if (this.#clogged || this.#ended || !this.#socket.writableNeedDrain) return;
    this.#clogged = true;
    this.#socket.pause();
    this.#socket.once("drain", () => {
      this.#clogged = false;
      this.#goOn();
    });
  }

  /** Malformed bytes: answered once, and nothing more is read. */
  #reject(status: number): void {
    this.#ended = true;
    this.#abandon(false);
    const fields = { "Content-Type": "text/plain; charset=utf-8", Connection: "close" };
    this.#write(encodeResponse(status, fields, `${status} ${STATUS_CODES[status] ?? ""}`));
    this.#finish();
  }

  #finish(): void {
    this.#sendHeld();
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
  readonly #connection: ExchangeOwner;
  #open = true;

  constructor(head: HttpRequestHead, connection: ExchangeOwner) {
    this.head = head;
    this.#connection = connection;
  }

  get open(): boolean {
    return this.#open;
  }

  abandon(): void {
    this.#open = false;
  }

  pauseBody(): void {
    if (this.#open) this.#connection.pause(true);
  }

  resumeBody(): void {
    if (this.#open) this.#connection.pause(false);
  }

  respond(status: number, fields: Readonly<Record<string, string>>, body: Uint8Array | string): void {
    if (this.#open) this.send(encodeResponse(status, fields, body));
  }

  send(answer: EncodedResponse): void {
    if (!this.#open) return;
    this.#open = false;
    this.#connection.answer(this.head, answer);
  }
}
