import type { Socket } from "node:net";
import { poolLimits } from "../../base/index.ts";
import { HttpRequestParser } from "../runtime-api/http-request-parser.ts";
import { encodeResponse } from "../runtime-api/http-response.ts";

/** What a waiting bootstrap asks at last; function code that asks later finds no such path. */
const ASSIGNMENT = "GET /lambkin/assignment";

/** What it may ask before, as if it served somebody already: then all that serves a first request has run once. */
const REHEARSED_NEXT = "GET /2018-06-01/runtime/invocation/next";
const REHEARSED_RESPONSE = "POST /2018-06-01/runtime/invocation/rehearsal/response";

const REHEARSED_EVENT = encodeResponse(
  200,
  {
    "Content-Type": "application/json",
    "Lambda-Runtime-Aws-Request-Id": "rehearsal",
    "Lambda-Runtime-Deadline-Ms": "0",
    "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:us-east-1:000000000000:function:rehearsal",
    "Lambda-Runtime-Trace-Id": "Root=1-00000000-000000000000000000000000;Parent=0000000000000000;Sampled=0",
  },
  "{}",
);
const ACCEPTED = encodeResponse(202, { "Content-Type": "application/json" }, '{"status":"OK"}\n');

/**
 * The Runtime API's place while a sandbox waits, on one connection: it lets the runtime rehearse, takes its request
 * for an assignment, and answers that once. The connection then goes on as the runtime's own.
 */
export class WaitingRoom {
  readonly #onReady: () => void;
  readonly #onBroken: () => void;
  readonly #parser = new HttpRequestParser();
  #socket: Socket | undefined;
  #request = "";
  #rehearsed = 0;
  #asked = false;
  #closed = false;

  constructor(listener: { readonly onReady: () => void; readonly onBroken: () => void }) {
    this.#onReady = listener.onReady;
    this.#onBroken = listener.onBroken;
  }

  accept(socket: Socket): void {
    socket.on("error", () => undefined); // It closes as well.
    if (this.#closed || this.#socket !== undefined) {
      socket.destroy();
      return;
    }
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on("data", this.#read);
    socket.on("close", this.#broken);
  }

  readonly #read = (bytes: Buffer): void => {
    try {
      // Nothing follows the last request before it is answered.
      if (this.#asked) throw new Error("another request");
      this.#parser.push(bytes);
      for (let event = this.#parser.read(); event !== undefined; event = this.#parser.read()) {
        if (event.kind === "head") this.#request = `${event.head.method} ${event.head.target}`;
        else if (event.kind === "end") this.#answer(this.#request);
      }
    } catch {
      this.#broken();
    }
  };

  #answer(request: string): void {
    if (request === ASSIGNMENT && !this.#asked) {
      this.#asked = true;
      this.#onReady();
      return;
    }
    const answer =
      request === REHEARSED_NEXT ? REHEARSED_EVENT : request === REHEARSED_RESPONSE ? ACCEPTED : undefined;
    this.#rehearsed += 1;
    if (answer === undefined || this.#asked || this.#rehearsed > poolLimits.rehearsedRequests) {
      throw new Error(`the runtime asked for ${request}`);
    }
    this.#socket?.write(answer);
  }

  readonly #broken = (): void => {
    this.close();
    this.#onBroken();
  };

  /**
   * Answers with the working directory and the variables, and gives the connection away. False if nobody waits any
   * more.
   */
  assign(
    directory: string,
    variables: Readonly<Record<string, string>>,
    give: (socket: Socket) => void,
  ): boolean {
    const socket = this.#socket;
    if (this.#closed || socket === undefined || socket.destroyed) return false;
    this.#closed = true;
    this.#socket = undefined;
    socket.off("data", this.#read);
    socket.off("close", this.#broken);
    const entries = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
    const body = [directory, ...entries].join("\0");
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
    // Nothing is read before this turn of the event loop ends, so nothing is lost between the two readers.
    give(socket);
    return true;
  }

  close(): void {
    this.#closed = true;
    this.#socket?.destroy();
    this.#socket = undefined;
  }
}
