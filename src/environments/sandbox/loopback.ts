import { once } from "node:events";
import type { Server, Socket } from "node:net";

/** A listening server and its connections, which end with it: a killed function must not keep a socket alive. */
export class Loopback {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  /** Connections beyond `most` at a time are closed as they come. */
  constructor(server: Server, most: number, onSocket: (socket: Socket) => void) {
    this.#server = server;
    server.maxConnections = most;
    server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
      onSocket(socket);
    });
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  async close(): Promise<void> {
    const closed = this.#server.listening ? once(this.#server, "close") : undefined;
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}
