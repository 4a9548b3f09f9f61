import type { Socket } from "node:net";

/** What a waiting bootstrap asks before anything else; function code that asks later finds no such path. */
const REQUEST = "GET /lambkin/assignment HTTP/1.1\r\n";
const HEAD_END = "\r\n\r\n";
const HEAD_BYTES_MOST = 512;

/**
 * The Runtime API's place while a sandbox waits: it knows one request on one connection, and answers it once. The
 * connection then goes on as the runtime's own.
 */
export class WaitingRoom {
  readonly #onReady: () => void;
  readonly #onBroken: () => void;
  #socket: Socket | undefined;
  #head = "";
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
    this.#head += bytes.toString("latin1");
    const whole = this.#head.endsWith(HEAD_END) && this.#head.startsWith(REQUEST);
    if (whole) this.#onReady();
    else if (this.#head.length > HEAD_BYTES_MOST || this.#head.includes(HEAD_END)) this.#broken();
  };

  readonly #broken = (): void => {
    this.close();
    this.#onBroken();
  };

  /**
   * Answers with the working directory and the variables, and gives the connection away. Undefined if nobody waits
   * any more.
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
    const body = Buffer.from([directory, ...entries].join("\0"));
    socket.cork();
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`);
    socket.write(body);
    // Nothing comes before the answer is read, so nothing is lost between the two readers.
    give(socket);
    socket.uncork();
    return true;
  }

  close(): void {
    this.#closed = true;
    this.#socket?.destroy();
    this.#socket = undefined;
  }
}
