import type { Socket } from "node:net";
import {
  type Clock,
  Deadline,
  invariant,
  latin1,
  STATUS_CODES,
  toError,
  wireLimits,
} from "../../base/index.ts";
import { type WholeRequest, WholeRequests } from "../http/whole-request.ts";
import type { WireResponse } from "../protocols/protocol.ts";
import type { CallerLink } from "./caller-link.ts";
import type { Connection, RunningAnswer } from "./open-connections.ts";

/** Answers one request; does not reject. */
export type Answering = () => Promise<WireResponse>;

/** What a connection on the fast path needs of its door. */
export interface FastPathDoor {
  readonly clock: Clock;
  /** Undefined for a request that has to go the long way; nothing was done for it yet. */
  prepare(
    connection: Connection,
    whole: WholeRequest,
    link: CallerLink,
  ): Answering | undefined | Promise<Answering | undefined>;
  /** Counts an answer until what it gives is called. */
  begin(connection: Connection, answer: RunningAnswer): () => void;
  /** The value of the Date header. */
  date(): string;
  /** Takes over a connection, from what was put back of it on. */
  longWay(connection: Connection): void;
  failed(path: string, error: Error): void;
}

/**
 * HTTP/1.1 for requests that come with one read and answers that go with one write, which is what nearly all calls of
 * APIs are: a third of the work of Node's server. A connection goes the long way from its first other request on.
 */
export class FastPath implements CallerLink {
  readonly #connection: Connection;
  readonly #socket: Socket;
  readonly #door: FastPathDoor;
  readonly #idle: Deadline;
  readonly #requests = new WholeRequests();
  /** One at a time, and the same object: a new one would cost more to put into a set. */
  readonly #running: RunningAnswer = { shouldKeepAlive: true };
  #busy = false;
  /** What came while a request was being answered, which is read no further. */
  #behind: Buffer[] = [];
  #whenGone: (() => void)[] = [];
  readonly #onData = (bytes: Buffer) => this.#take(bytes);
  readonly #onEnd = () => this.#socket.end();
  readonly #onClose = () => this.#closed();
  readonly #onTimeout = () => this.#socket.destroy();

  constructor(connection: Connection, door: FastPathDoor) {
    this.#connection = connection;
    this.#socket = connection.socket;
    this.#door = door;
    this.#idle = new Deadline(door.clock);
  }

  start(): void {
    this.#socket
      .on("data", this.#onData)
      .on("end", this.#onEnd)
      .on("close", this.#onClose)
      .on("timeout", this.#onTimeout);
    this.#wait();
    this.#socket.resume();
  }

  get gone(): boolean {
    return this.#socket.destroyed;
  }

  onGone(listener: () => void): void {
    this.#whenGone.push(listener);
  }

  #wait(): void {
    this.#idle.set(wireLimits.keepAliveMs, () => this.#socket.destroySoon());
  }

  #closed(): void {
    this.#idle.clear();
    const listeners = this.#whenGone;
    this.#whenGone = [];
    for (const listener of listeners) listener();
  }

  #take(bytes: Buffer): void {
    if (this.#busy) {
      this.#behind.push(bytes);
      this.#socket.pause();
      return;
    }
    this.#idle.clear();
    const whole = this.#requests.read(bytes);
    if (whole === undefined) {
      this.#leave(bytes);
      return;
    }
    this.#busy = true;
    try {
      const prepared = this.#door.prepare(this.#connection, whole, this);
      if (prepared instanceof Promise) {
        prepared.then(
          (answering) => this.#go(answering, whole, bytes),
          () => this.#leave(bytes),
        );
      } else this.#go(prepared, whole, bytes);
    } catch {
      // The long way says what is wrong.
      this.#leave(bytes);
    }
  }

  #go(answering: Answering | undefined, { request }: WholeRequest, bytes: Buffer): void {
    if (answering === undefined) {
      this.#leave(bytes);
      return;
    }
    const running = this.#running;
    running.shouldKeepAlive = true;
    const end = this.#door.begin(this.#connection, running);
    answering()
      .then((answer) => this.#send(answer, running, end))
      .catch((error: unknown) => {
        end();
        this.#door.failed(request.path, toError(error));
        this.#socket.destroy();
      });
  }

  #send(answer: WireResponse, { shouldKeepAlive }: RunningAnswer, end: () => void): void {
    const socket = this.#socket;
    if (!socket.writable) {
      end();
      return;
    }
    writeAnswer(socket, answer, this.#door.date(), shouldKeepAlive, () => {
      this.#whenGone = [];
      end();
      if (socket.destroyed) return;
      socket.setTimeout(0);
      if (shouldKeepAlive) this.#next();
      else socket.end();
    });
    // A reader that takes nothing is given up.
    if (socket.writableLength > 0) socket.setTimeout(wireLimits.requestIdleMs);
  }

  #next(): void {
    this.#busy = false;
    if (this.#behind.length > 0) this.#leave();
    else this.#wait();
  }

  /** What was read goes back to whoever reads the connection from here on. */
  #leave(...bytes: readonly Buffer[]): void {
    const socket = this.#socket;
    if (socket.destroyed) return;
    this.#idle.clear();
    socket
      .off("data", this.#onData)
      .off("end", this.#onEnd)
      .off("close", this.#onClose)
      .off("timeout", this.#onTimeout);
    socket.pause();
    socket.unshift(Buffer.concat([...bytes, ...this.#behind]));
    this.#door.longWay(this.#connection);
  }
}

const KEPT = `connection: keep-alive\r\nkeep-alive: timeout=${Math.floor(wireLimits.keepAliveMs / 1_000)}\r\n\r\n`;
const CLOSED = "connection: close\r\n\r\n";
/** Larger bodies are not worth another copy of them. */
const ONE_PIECE_BYTES = 16 * 1_024;
const BAD_HEADER = /[^\t\x20-\x7e\x80-\xff]/;

/** Small answers are written as text of one byte a character: head and body in one piece. `out` is called when it is. */
function writeAnswer(
  socket: Socket,
  { body: given, headers, status }: WireResponse,
  date: string,
  keepAlive: boolean,
  out: () => void,
): void {
  const body = typeof given === "string" ? Buffer.from(given, "utf8") : given;
  invariant(body === undefined || body instanceof Uint8Array, "an answer on the fast path is no stream");
  const bodiless = status === 204 || status === 304;
  let fields = "";
  let texts = "";
  for (const name in headers) {
    const value = headers[name] as string;
    fields += `${name}: ${value}\r\n`;
    texts += name + value;
  }
  invariant(!BAD_HEADER.test(texts), "a header holds what no header can");
  const length = bodiless ? "" : `content-length: ${body?.byteLength ?? 0}\r\n`;
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n${fields}${length}date: ${date}\r\n${keepAlive ? KEPT : CLOSED}`;
  if (body === undefined || bodiless || body.byteLength === 0) socket.write(head, "latin1", out);
  else if (body.byteLength <= ONE_PIECE_BYTES) {
    socket.write(head + latin1(body), "latin1", out);
  } else {
    socket.cork();
    socket.write(head, "latin1");
    socket.write(body, out);
    socket.uncork();
  }
}
