import { createServer, type Server, type Socket } from "node:net";
import { type Clock, developmentLimits, type Log, sleep } from "../../base/index.ts";
import type { Sandbox } from "../sandbox/index.ts";
import { SuspendableClock } from "./suspendable-clock.ts";

/**
 * A function that a debugger may attach to: a port of this machine's loopback leads to the same port inside the
 * function's sandbox, which changes as environments come and go. While somebody is attached its time stands still, so
 * that neither time-outs nor the limit of an init end what a person looks at.
 */
export class DebugSession {
  readonly port: number;
  readonly clock: SuspendableClock;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #server: Server;
  readonly #open = new Set<Socket>();
  #sandbox: Sandbox | undefined;
  #closed = false;

  private constructor(port: number, server: Server, clock: Clock, log: Log) {
    this.port = port;
    this.clock = new SuspendableClock(clock);
    this.#clock = clock;
    this.#log = log;
    this.#server = server;
    server.on("connection", (socket) => void this.#attach(socket));
  }

  /** Rejects if the port is taken. */
  static async open(port: number, clock: Clock, log: Log): Promise<DebugSession> {
    const server = createServer({ allowHalfOpen: true });
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject).listen({ host: "127.0.0.1", port }, () => {
        server.off("error", reject);
        resolve();
      });
    });
    const address = server.address();
    return new DebugSession(typeof address === "object" ? (address?.port ?? port) : port, server, clock, log);
  }

  get attached(): boolean {
    return this.#open.size > 0;
  }

  /** Whether somebody is attached to what runs in this sandbox. */
  holds(sandbox: Sandbox): boolean {
    return this.attached && this.#sandbox === sandbox;
  }

  /** What a function is told that it has left beyond its time. */
  get grantedMs(): number {
    return this.attached ? developmentLimits.debuggedDeadlineMs : 0;
  }

  /** The sandbox in which the function runs from now on. */
  enter(sandbox: Sandbox): void {
    this.#sandbox = sandbox;
  }

  leave(sandbox: Sandbox): void {
    if (this.#sandbox === sandbox) this.#sandbox = undefined;
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const socket of this.#open) socket.destroy();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
  }

  /** Waits for an environment, and for its runtime to listen, as long as whoever attaches would; time stands still already. */
  async #attach(outer: Socket): Promise<void> {
    this.#open.add(outer);
    this.clock.suspend();
    outer
      .on("error", () => outer.destroy())
      .once("close", () => {
        if (this.#open.delete(outer) && !this.attached) this.clock.resume();
      });
    outer.pause();
    const giveUpAt = this.#clock.monotonicMs() + developmentLimits.attachMs;
    while (!outer.destroyed && !this.#closed && this.#clock.monotonicMs() < giveUpAt) {
      const inner = await this.#connect();
      if (inner !== undefined) {
        join(outer, inner);
        return;
      }
      await sleep(this.#clock, developmentLimits.attachRetryMs);
    }
    outer.destroy();
  }

  async #connect(): Promise<Socket | undefined> {
    try {
      const inner = await this.#sandbox?.connect(this.port);
      if (inner === undefined) return undefined;
      return await new Promise((resolve) => {
        inner.once("connect", () => resolve(inner));
        inner.once("error", () => resolve(undefined));
      });
    } catch (error) {
      this.#log.debug("a debugger can't be let in yet", { port: this.port, error });
      return undefined;
    }
  }
}

/** What either side sends goes to the other, and the end of one is that of both. */
function join(outer: Socket, inner: Socket): void {
  const end = () => {
    outer.destroy();
    inner.destroy();
  };
  outer.once("close", end);
  inner.once("close", end).on("error", end);
  if (outer.destroyed) end();
  outer.pipe(inner);
  inner.pipe(outer);
}
