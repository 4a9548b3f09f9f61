import type { Socket } from "node:net";
import { type Clock, environmentLimits } from "../../base/index.ts";
import type { TelemetryTransport } from "./subscriber.ts";
import type { Subscription } from "./subscription.ts";

/** Connects to a port inside the sandbox. */
export type ConnectInside = (port: number) => Promise<Socket>;

export interface TransportOptions {
  readonly connect: ConnectInside;
  readonly clock: Clock;
  /** Whether the sandbox stands still, in which time nobody can answer. */
  readonly frozen: () => boolean;
}

export function transportTo(
  destination: Subscription["destination"],
  options: TransportOptions,
): TelemetryTransport {
  return destination.protocol === "TCP"
    ? new TcpTransport(destination.port, options)
    : new HttpTransport(destination, options);
}

/** Each batch is the JSON array in the body of a request of its own. */
class HttpTransport implements TelemetryTransport {
  readonly #destination: Subscription["destination"] & { readonly protocol: "HTTP" };
  readonly #options: TransportOptions;
  readonly #closing = new AbortController();

  constructor(
    destination: Subscription["destination"] & { readonly protocol: "HTTP" },
    options: TransportOptions,
  ) {
    this.#destination = destination;
    this.#options = options;
  }

  async send(events: readonly string[]): Promise<void> {
    const { method, path, port } = this.#destination;
    const socket = await opened(port, this.#options, this.#closing.signal);
    const overdue = giveUp(socket, this.#options);
    try {
      const body = `[${events.join(",")}]`;
      const head = `${method} ${path} HTTP/1.1\r\nHost: sandbox.localdomain:${port}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n`;
      socket.write(head + body);
      const status = await statusOf(socket);
      if (status < 200 || status > 299) throw new Error(`the destination answered ${status}`);
    } finally {
      overdue.cancel();
      socket.destroy();
    }
  }

  close(): void {
    this.#closing.abort();
  }
}

/** The status of an answer that otherwise does not matter. */
async function statusOf(socket: Socket): Promise<number> {
  let received = "";
  for await (const bytes of socket) {
    received += (bytes as Buffer).toString("latin1");
    const status = /^HTTP\/1\.[01] (\d{3})[ \r\n]/.exec(received)?.[1];
    if (status !== undefined && status !== "100") return Number(status);
    if (received.length > environmentLimits.telemetryAnswerBytes) break;
  }
  throw new Error("the destination did not answer");
}

/** One kept connection with an event a line. */
class TcpTransport implements TelemetryTransport {
  readonly #port: number;
  readonly #options: TransportOptions;
  readonly #closing = new AbortController();
  #socket: Socket | undefined;

  constructor(port: number, options: TransportOptions) {
    this.#port = port;
    this.#options = options;
  }

  async send(events: readonly string[]): Promise<void> {
    const socket = this.#socket ?? (await this.#open());
    const overdue = giveUp(socket, this.#options);
    try {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const closed = () => reject(new Error("the destination closed its connection"));
      socket.once("close", closed);
      socket.write(`${events.join("\n")}\n`, (error) => (error ? reject(error) : resolve()));
      await promise.finally(() => socket.off("close", closed));
    } finally {
      overdue.cancel();
    }
  }

  async #open(): Promise<Socket> {
    const socket = await opened(this.#port, this.#options, this.#closing.signal);
    socket.once("close", () => {
      if (this.#socket === socket) this.#socket = undefined;
    });
    socket.resume();
    this.#socket = socket;
    return socket;
  }

  close(): void {
    this.#closing.abort();
  }
}

/** A connection that was accepted, within its time. `closing` ends it, at any time, also while it is being made. */
function opened(port: number, options: TransportOptions, closing: AbortSignal): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  let socket: Socket | undefined;
  let given = false;
  const give = (error: Error) => {
    given = true;
    closing.removeEventListener("abort", end);
    socket?.destroy();
    reject(error);
  };
  const end = () => give(new Error("the subscription is over"));
  const overdue = afterStandstill(options, () => give(new Error("the destination did not accept")));
  closing.addEventListener("abort", end);
  options.connect(port).then((made) => {
    socket = made;
    made.on("error", give); // Whoever uses it by then hears of it by its close.
    made.once("close", () => closing.removeEventListener("abort", end));
    made.once("connect", () => resolve(made));
    if (given) made.destroy();
  }, give);
  return promise.finally(() => overdue.cancel());
}

/** Ends a connection on which nothing moves. */
function giveUp(socket: Socket, options: TransportOptions): { cancel(): void } {
  return afterStandstill(options, () => socket.destroy(new Error("the destination took too long")));
}

/** Time in which the peer stands still does not count. */
function afterStandstill({ clock, frozen }: TransportOptions, giveUp: () => void): { cancel(): void } {
  const overdue = () => {
    if (frozen()) timer = clock.after(environmentLimits.telemetryDeliveryMs, overdue);
    else giveUp();
  };
  let timer = clock.after(environmentLimits.telemetryDeliveryMs, overdue);
  return { cancel: () => timer.cancel() };
}
