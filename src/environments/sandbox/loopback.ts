import { once } from "node:events";
import type { Server, Socket } from "node:net";
import type { ConnectionHolder, SharedConnections } from "./shared-connections.ts";

export interface LoopbackLimits {
  /** Connections at a time; further ones are closed as they come. */
  readonly most: number;
  /** What it shares with the other sandboxes. */
  readonly shared: SharedConnections;
}

/** A listening server and its connections, which end with it: a killed function must not keep a socket alive. */
export class Loopback implements ConnectionHolder {
  readonly #server: Server;
  readonly #shared: SharedConnections;
  /** The newest last. */
  readonly #sockets = new Set<Socket>();

  constructor(server: Server, limits: LoopbackLimits, onSocket: (socket: Socket) => void) {
    this.#server = server;
    this.#shared = limits.shared;
    server.maxConnections = limits.most;
    server.on("connection", (socket: Socket) => {
      if (!this.#shared.take(this)) {
        socket.destroy();
        return;
      }
      this.#sockets.add(socket);
      socket.once("close", () => this.#forget(socket));
      onSocket(socket);
    });
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  get connections(): number {
    return this.#sockets.size;
  }

  endOne(): void {
    const newest = [...this.#sockets].at(-1);
    if (newest === undefined) return;
    this.#forget(newest);
    newest.destroy();
  }

  #forget(socket: Socket): void {
    if (this.#sockets.delete(socket)) this.#shared.left(this);
  }

  async close(): Promise<void> {
    const closed = this.#server.listening ? once(this.#server, "close") : undefined;
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}
