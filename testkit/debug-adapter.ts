import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { eventually } from "./eventually.ts";

interface Message {
  readonly seq: number;
  readonly type: "request" | "response" | "event";
  readonly request_seq?: number;
  readonly event?: string;
  readonly success?: boolean;
  readonly message?: string;
  readonly body?: Record<string, unknown>;
}

/** A client of the Debug Adapter Protocol, https://microsoft.github.io/debug-adapter-protocol/specification */
export class DebugAdapter {
  readonly #socket: Socket;
  readonly #messages: Message[] = [];
  #buffer = Buffer.alloc(0);
  #sent = 0;
  #closed = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => this.#receive(chunk));
    socket.once("close", () => (this.#closed = true));
  }

  static async connect(port: number): Promise<DebugAdapter> {
    const socket = connect({ host: "127.0.0.1", port });
    await once(socket, "connect");
    return new DebugAdapter(socket);
  }

  close(): void {
    this.#socket.destroy();
  }

  /** Does not wait for the answer. */
  send(command: string, args: object = {}): number {
    const seq = ++this.#sent;
    const text = JSON.stringify({ seq, type: "request", command, arguments: args });
    this.#socket.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
    return seq;
  }

  async request(command: string, args: object = {}): Promise<Record<string, unknown>> {
    const seq = this.send(command, args);
    const answer = await this.#received(`an answer to ${command}`, (each) => each.request_seq === seq);
    if (answer.success !== true) throw new Error(`${command}: ${answer.message}`);
    return answer.body ?? {};
  }

  async event(name: string): Promise<Record<string, unknown>> {
    const found = await this.#received(`the event ${name}`, ({ event }) => event === name);
    return found.body ?? {};
  }

  #received(what: string, wanted: (message: Message) => boolean): Promise<Message> {
    return eventually(
      () => {
        const found = this.#messages.find(wanted);
        if (found === undefined && this.#closed) throw new Error(`it was closed before ${what}`);
        return found;
      },
      { what },
    );
  }

  #receive(chunk: Buffer): void {
    this.#buffer = Buffer.concat([this.#buffer, chunk]);
    for (;;) {
      const end = this.#buffer.indexOf("\r\n\r\n");
      if (end < 0) return;
      const length = Number(/Content-Length: (\d+)/i.exec(this.#buffer.toString("latin1", 0, end))?.[1]);
      if (this.#buffer.length < end + 4 + length) return;
      this.#messages.push(JSON.parse(this.#buffer.toString("utf8", end + 4, end + 4 + length)) as Message);
      this.#buffer = this.#buffer.subarray(end + 4 + length);
    }
  }
}
