import type { Socket } from "node:net";
import type { Clock } from "../../base/index.ts";
import type { DoorCounts, EnvironmentPeer } from "../interfaces.ts";

/** An answer that is being made or sent. */
export interface RunningAnswer {
  /** Whether the connection serves another request after it. */
  shouldKeepAlive: boolean;
}

/** One connection, as it came in. */
export interface Connection {
  /** Under TLS the one that speaks it. */
  socket: Socket;
  /** Absent: it comes from outside of the sandboxes. */
  readonly peer: EnvironmentPeer | undefined;
  scheme: "http" | "https";
  /** What is being answered. */
  readonly running: Set<RunningAnswer>;
  /** Tells the other side that nothing further is taken; for protocols that can say so by themselves. */
  retire?: () => void;
  /** A Host header that was accepted on it. */
  acceptedHost?: string;
  /** Of its other side, once it was asked for. */
  sourceIp?: string;
}

/** All connections of a door and what runs on them, so that they can be let go without cutting off answers. */
export class OpenConnections {
  readonly #open = new Set<Connection>();
  #running = 0;
  #stopping = false;
  #closing = false;
  #idle: (() => void) | undefined;

  /** Gives undefined, and ends the connection, if no more are taken. */
  add(socket: Socket, peer: EnvironmentPeer | undefined): Connection | undefined {
    if (this.#retired(peer)) {
      socket.destroy();
      return undefined;
    }
    const connection: Connection = { socket, peer, scheme: "http", running: new Set() };
    this.#open.add(connection);
    // What reads the connection may still be on its way.
    socket.on("error", () => socket.destroy());
    socket.once("close", () => this.#open.delete(connection));
    return connection;
  }

  counts(): DoorCounts {
    let sandboxes = 0;
    for (const { peer } of this.#open) if (peer !== undefined) sandboxes++;
    return { connections: { outside: this.#open.size - sandboxes, sandboxes }, running: this.#running };
  }

  /** Whether the connection may serve another request after the one it serves now. */
  stays(connection: Connection): boolean {
    return !this.#retired(connection.peer);
  }

  /** Counts the answer as running until what this gives is called: when it is out or given up. */
  begin(connection: Connection, answer: RunningAnswer): () => void {
    if (this.#retired(connection.peer)) answer.shouldKeepAlive = false;
    this.#running++;
    connection.running.add(answer);
    return () => {
      if (!connection.running.delete(answer)) return;
      this.#running--;
      if (this.#running === 0) this.#idle?.();
      // An answer whose head was out before the end was known could not announce it.
      if (this.#retired(connection.peer)) letGo(connection);
    };
  }

  /** From now on connections from outside finish what runs and end. */
  retireOutside(): void {
    this.#stopping = true;
    this.#retire();
  }

  /** All connections finish what runs and end; those that have not by the deadline are cut off. */
  async close(deadlineMs: number, clock: Clock): Promise<void> {
    this.#closing = true;
    this.#retire();
    if (this.#running > 0) {
      await new Promise<void>((resolve) => {
        const timer = clock.after(deadlineMs, resolve);
        this.#idle = () => {
          timer.cancel();
          resolve();
        };
      });
    }
    for (const { socket } of this.#open) socket.destroy();
  }

  #retire(): void {
    for (const connection of this.#open) {
      if (!this.#retired(connection.peer)) continue;
      for (const answer of connection.running) answer.shouldKeepAlive = false;
      letGo(connection);
    }
  }

  #retired(peer: EnvironmentPeer | undefined): boolean {
    return this.#closing || (this.#stopping && peer === undefined);
  }
}

/** What has been written goes out before the end. */
function letGo({ socket, running, retire }: Connection): void {
  if (retire !== undefined) retire();
  else if (running.size === 0) socket.destroySoon();
}
