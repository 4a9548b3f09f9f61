import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { silentLog, systemClock } from "../src/base/index.ts";
import type { ResponseReceiver } from "../src/environments/index.ts";
import { metadataApi } from "../src/environments/runtime-api/metadata.ts";
import type { PostedResult } from "../src/environments/runtime-api/posted-result.ts";
import { type FurtherApi, type NextEvent, RuntimeApi } from "../src/environments/runtime-api/runtime-api.ts";

export interface RawAnswer {
  readonly status: number;
  readonly fields: ReadonlyMap<string, string>;
  readonly body: string;
}

/** A runtime's connection, byte by byte. */
export class RawClient {
  readonly socket: Socket;
  #received = Buffer.alloc(0);
  #more: (() => void) | undefined;
  #closed = false;

  constructor(address: AddressInfo | string) {
    this.socket = typeof address === "string" ? connect(address) : connect(address.port, address.address);
    this.socket.on("data", (bytes: Buffer) => {
      this.#received = Buffer.concat([this.#received, bytes]);
      this.#more?.();
    });
    this.socket.on("error", () => undefined);
    this.socket.on("close", () => {
      this.#closed = true;
      this.#more?.();
    });
  }

  send(bytes: string | Uint8Array): this {
    this.socket.write(bytes);
    return this;
  }

  request(method: string, path: string, body?: string | Uint8Array, fields = ""): this {
    const length = body === undefined ? "" : `Content-Length: ${Buffer.byteLength(body)}\r\n`;
    this.send(`${method} ${path} HTTP/1.1\r\nHost: x\r\n${fields}${length}\r\n`);
    if (body !== undefined) this.send(body);
    return this;
  }

  /** The next answer; undefined if the connection closed without one. */
  async answer(): Promise<RawAnswer | undefined> {
    for (;;) {
      const end = this.#received.indexOf("\r\n\r\n");
      if (end >= 0) {
        const [status = "", ...lines] = this.#received.toString("utf8", 0, end).split("\r\n");
        const fields = new Map(
          lines.map((line) => {
            const colon = line.indexOf(":");
            return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
          }),
        );
        const total = end + 4 + Number(fields.get("content-length") ?? 0);
        if (this.#received.length >= total) {
          const body = this.#received.toString("utf8", end + 4, total);
          this.#received = this.#received.subarray(total);
          return { status: Number(status.split(" ")[1]), fields, body };
        }
      }
      if (this.#closed) return undefined;
      await new Promise<void>((resolve) => {
        this.#more = resolve;
      });
    }
  }

  async closed(): Promise<void> {
    if (!this.#closed) await once(this.socket, "close");
  }
}

/** The Runtime API of one environment on a port, with what it told its listener. */
export class RuntimeApiWorld {
  readonly api: RuntimeApi;
  readonly results: PostedResult[] = [];
  readonly initErrors: PostedResult[] = [];
  /** The server's ends of its clients' connections. */
  readonly accepted: Socket[] = [];
  ready = 0;
  readonly #server: Server;
  readonly #clients: RawClient[] = [];
  #onReady: (() => void) | undefined;

  /** With the metadata API beside it unless others are given. */
  constructor(furtherApis: readonly FurtherApi[] = [metadataApi("metadata-token", "eu-central-1")]) {
    this.api = new RuntimeApi(
      {
        onReady: () => {
          this.ready++;
          this.#onReady?.();
        },
        onInitError: (failure) => this.initErrors.push(failure),
        onResult: (result) => this.results.push(result),
      },
      furtherApis,
      { clock: systemClock, log: silentLog },
    );
    this.#server = createServer((socket) => {
      this.accepted.push(socket);
      this.api.accept(socket);
    });
  }

  /** On a port of the loopback, or on the Unix socket at this path, where what is written has arrived at once. */
  async open(path?: string): Promise<this> {
    if (path === undefined) this.#server.listen(0, "127.0.0.1");
    else this.#server.listen(path);
    await once(this.#server, "listening");
    return this;
  }

  client(): RawClient {
    const client = new RawClient(this.#server.address() as AddressInfo | string);
    this.#clients.push(client);
    return client;
  }

  async untilReady(count: number): Promise<void> {
    while (this.ready < count) {
      await new Promise<void>((resolve) => {
        this.#onReady = resolve;
      });
    }
  }

  dispatch(
    requestId: string,
    payload = "{}",
    response?: ResponseReceiver,
    further: Partial<NextEvent> = {},
  ): void {
    this.api.dispatch({
      requestId,
      deadlineMs: 1_700_000_000_123,
      invokedFunctionArn: "arn:aws:lambda:us-east-1:123456789012:function:f:live",
      traceId: "Root=1-a-b",
      payload: Buffer.from(payload),
      ...(response === undefined ? {} : { response }),
      ...further,
    });
  }

  async close(): Promise<void> {
    for (const client of this.#clients) client.socket.destroy();
    this.api.reset();
    this.#server.close();
    await once(this.#server, "close");
  }
}
