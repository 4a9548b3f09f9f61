import { type ChildProcess, spawn } from "node:child_process";
import { createServer, type Server, Socket } from "node:net";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { type Clock, environmentLimits, type Log, type Timer } from "../../../base/index.ts";

/** A descriptor of the spawner's as Node.js hands it out: a `TCP` or `Pipe` of its internals. */
export interface NativeHandle {
  close(): void;
}

export interface SpawnerReply {
  readonly values: Readonly<Record<string, unknown>>;
  readonly handles: ReadonlyMap<string, NativeHandle>;
}

export interface SpawnerEvent {
  readonly event: "exit" | "gone" | "yields";
  readonly sandbox: string;
  readonly process?: number;
  readonly code?: number;
  readonly signal?: number;
  readonly outOfMemory?: boolean;
}

/** The spawner refused or failed: at which step, and the name of the errno. */
export class SpawnerError extends Error {
  override readonly name = "SpawnerError";
  readonly step: string;
  readonly code: string;

  constructor(step: string, code: string) {
    super(`${step}: ${code}`);
    this.step = step;
    this.code = code;
  }
}

interface PendingRequest {
  readonly expected: number;
  readonly handles: Map<string, NativeHandle>;
  values?: Readonly<Record<string, unknown>>;
  readonly timer: Timer;
  resolve(reply: SpawnerReply): void;
  reject(error: Error): void;
}

export interface SpawnerChannelOptions {
  readonly program: string;
  readonly stateDirectory: string;
  readonly clock: Clock;
  readonly log: Log;
  onEvent(event: SpawnerEvent): void;
  /** The spawner ended, whatever the reason; all its sandboxes with it. */
  onEnd(reason: Error): void;
}

/**
 * The one place that knows how Node.js frames its child-process channel: JSON, one text per line, and descriptors as
 * `NODE_HANDLE` messages of the type `net.Native`, which Node.js acknowledges. A message with a handle takes one tick
 * longer than one without, so a reply and its handles are put together here, whatever their order.
 */
export class SpawnerChannel {
  readonly #options: SpawnerChannelOptions;
  readonly #child: ChildProcess;
  readonly #pending = new Map<number, PendingRequest>();
  #lastRequest = 0;
  #fault: Error | undefined;
  #closing = false;
  #ended: Error | undefined;

  constructor(options: SpawnerChannelOptions) {
    this.#options = options;
    this.#child = spawn(options.program, [options.stateDirectory], {
      stdio: ["ignore", "ignore", "pipe", "ipc"],
      // With "advanced" nothing of what a C program writes would ever arrive.
      serialization: "json",
      env: {},
      detached: true,
    });
    this.#child.on("message", (message, handle) => this.#receive(message as object, handle));
    this.#child.on("error", (error) => this.#end(error));
    this.#child.on("exit", (code, signal) =>
      this.#end(this.#fault ?? new Error(`the spawner ended (${code ?? signal})`)),
    );
    this.#child.on("disconnect", () => this.#kill(new Error("the spawner closed its channel")));
    const errors = this.#child.stderr;
    if (errors !== null) {
      createInterface({ input: errors }).on("line", (line) => options.log.warn("spawner", { line }));
      (errors as Socket).unref();
    }
    this.#child.unref();
    this.#child.channel?.unref();
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Sends a request. Its number is known at once, because events about it may overtake the reply's promise. */
  request(
    operation: string,
    sandbox: string,
    fields: readonly (string | number)[] = [],
    expectedHandles = 0,
  ): { readonly number: number; readonly reply: Promise<SpawnerReply> } {
    const number = ++this.#lastRequest;
    const reply = new Promise<SpawnerReply>((resolve, reject) => {
      if (this.#ended !== undefined) throw this.#ended;
      const frame = encodeFrame([number, operation, sandbox, ...fields]);
      const timer = this.#options.clock.after(environmentLimits.spawnerReplyMs, () =>
        this.#kill(new Error(`the spawner does not answer "${operation}"`)),
      );
      this.#pending.set(number, { expected: expectedHandles, handles: new Map(), timer, resolve, reject });
      if (this.#pending.size === 1) this.#child.channel?.ref();
      this.#child.send(frame, (error) => {
        if (error !== null) this.#kill(error);
      });
    });
    return { number, reply };
  }

  #receive(message: object, handle: unknown): void {
    if ("handle" in message && "request" in message) this.#receiveHandle(message, handle as NativeHandle);
    else if ("reply" in message) this.#receiveReply(message);
    else if ("event" in message) this.#options.onEvent(message as SpawnerEvent);
    else this.#options.log.warn("spawner sent an unknown message", { message });
  }

  #receiveHandle(message: { handle: unknown; request: unknown }, handle: NativeHandle): void {
    const pending = this.#pending.get(message.request as number);
    if (pending === undefined) {
      handle.close();
      return;
    }
    pending.handles.set(message.handle as string, handle);
    this.#complete(message.request as number, pending);
  }

  #receiveReply(values: Readonly<Record<string, unknown>>): void {
    const number = values["reply"] as number;
    const pending = this.#pending.get(number);
    if (pending === undefined) return;
    if ("error" in values) {
      this.#settle(number, pending);
      for (const handle of pending.handles.values()) handle.close();
      pending.reject(new SpawnerError(String(values["error"]), String(values["code"])));
      return;
    }
    pending.values = values;
    this.#complete(number, pending);
  }

  #complete(number: number, pending: PendingRequest): void {
    if (pending.values === undefined || pending.handles.size < pending.expected) return;
    this.#settle(number, pending);
    pending.resolve({ values: pending.values, handles: pending.handles });
  }

  #settle(number: number, pending: PendingRequest): void {
    pending.timer.cancel();
    this.#pending.delete(number);
    if (this.#pending.size === 0) this.#child.channel?.unref();
  }

  /** Its end is announced when it has really ended, because its successor clears up only after the dead. */
  #kill(reason: Error): void {
    if (this.#closing) return;
    this.#fault ??= reason;
    this.#child.kill("SIGKILL");
  }

  #end(reason: Error): void {
    if (this.#ended !== undefined) return;
    this.#ended = reason;
    for (const [number, pending] of this.#pending) {
      this.#settle(number, pending);
      for (const handle of pending.handles.values()) handle.close();
      pending.reject(reason);
    }
    this.#options.onEnd(reason);
  }

  /**
   * Closes the channel, at which the spawner removes everything and ends. Resolves when it has; one that does not is
   * killed, and its sandboxes with it.
   */
  close(): Promise<void> {
    this.#closing = true;
    return new Promise((resolve) => {
      if (this.#child.exitCode !== null || this.#child.signalCode !== null || this.pid === undefined) {
        resolve();
        return;
      }
      this.#child.ref();
      const overdue = this.#options.clock.after(environmentLimits.spawnerEndMs, () => {
        this.#options.log.warn("the spawner does not end, and is killed");
        this.#child.kill("SIGKILL");
      });
      this.#child.once("exit", () => {
        overdue.cancel();
        resolve();
      });
      if (this.#child.connected) this.#child.disconnect();
    });
  }
}

/** NUL-terminated fields in base64: a JSON string that needs no escapes. */
export function encodeFrame(fields: readonly (string | number)[]): string {
  const frame = Buffer.from(fields.map((field) => `${String(field)}\0`).join(""));
  if (frame.length > environmentLimits.spawnerRequestBytes)
    throw new SpawnerError("encoding a request", "E2BIG");
  if (fields.some((field) => String(field).includes("\0")))
    throw new SpawnerError("encoding a request", "EINVAL");
  return frame.toString("base64");
}

/** A listening server out of a listening socket. */
export function serverFrom(handle: NativeHandle): Server {
  return createServer().listen(handle);
}

/** A connection out of a socket that is not connected yet, and belongs to another network than ours. */
export function connectFrom(handle: NativeHandle, port: number): Socket {
  return new Socket({ handle } as unknown as { readable: true }).connect({ host: "127.0.0.1", port });
}

/** A stream out of the reading end of a pipe. */
export function readableFrom(handle: NativeHandle): Readable {
  return new Socket({ handle, readable: true, writable: false } as unknown as { readable: true });
}
