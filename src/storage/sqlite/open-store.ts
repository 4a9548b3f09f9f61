import { getCompileCacheDir } from "node:module";
import { dirname } from "node:path";
import { Worker } from "node:worker_threads";
import { storageLimits, toError } from "../../base/index.ts";
import { StorageError } from "../errors.ts";
import type { Store, StoreDefinition, StoreLocation } from "../store.ts";
import {
  type CallMessage,
  decodeError,
  type FromThread,
  type ThreadStart,
  type ToThread,
} from "./channel.ts";

export interface OpenStoreOptions {
  /**
   * Called when the thread has died unasked. By default the error is thrown where nobody catches it, so that the
   * process ends: a server that goes on without one of its stores would fail at everything in unclear ways.
   */
  readonly onLost?: (error: StorageError) => void;
}

interface PendingCall {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/** One that was begun before it was known what for. */
let begunThread: Worker | undefined;

/**
 * Begins a thread for the store that is opened next, so that it comes up while its place is still being prepared. The
 * result ends it if no store has taken it.
 */
export function beginStoreThread(): () => Promise<unknown> {
  begunThread ??= beginThread();
  const worker = begunThread;
  worker.unref();
  return async () => {
    if (begunThread !== worker) return;
    begunThread = undefined;
    await worker.terminate();
  };
}

function beginThread(): Worker {
  return new Worker(new URL("./thread.ts", import.meta.url), {
    name: "lambkin store",
    env: threadEnvironment(),
    resourceLimits: {
      maxOldGenerationSizeMb: storageLimits.threadHeapMiB,
      maxYoungGenerationSizeMb: storageLimits.threadYoungHeapMiB,
    },
  });
}

/** Starts the thread of a store, brings its file up to date and returns the handle to it. */
export async function openStore<Definition extends StoreDefinition>(
  location: StoreLocation,
  options: OpenStoreOptions = {},
): Promise<Store<Definition>> {
  const connection = new ThreadConnection(location, options);
  await connection.ready;
  return connection as unknown as Store<Definition>;
}

class ThreadConnection {
  readonly ready: Promise<void>;
  readonly #file: string;
  readonly #worker: Worker;
  readonly #pending = new Map<number, PendingCall>();
  readonly #listeners = new Map<string, Set<(detail: string) => void>>();
  readonly #exited: Promise<void>;
  #lastId = 0;
  #outgoing: CallMessage[] = [];
  #state: "open" | "closing" | "gone" = "open";
  #closeError: Error | undefined;
  #crash: Error | undefined;
  /** Of a thread that died unasked. */
  #loss: StorageError | undefined;

  constructor(location: StoreLocation, options: OpenStoreOptions) {
    this.#file = location.file;
    const start: ThreadStart = { module: location.module.href, file: location.file };
    this.#worker = begunThread ?? beginThread();
    begunThread = undefined;
    this.#worker.ref();
    this.#worker.postMessage(start);
    let opened = false;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.ready = promise;
    this.#worker.on("message", (message: FromThread) => {
      if (message.kind === "replies") this.#settle(message);
      else if (message.kind === "ready") {
        opened = true;
        this.#worker.unref();
        resolve();
      } else if (message.kind === "failed") {
        this.#state = "gone";
        reject(decodeError(message.error));
      } else if (message.error !== undefined) this.#closeError = decodeError(message.error);
    });
    this.#worker.on("error", (error) => {
      this.#crash = toError(error);
    });
    this.#exited = new Promise((exited) => {
      this.#worker.on("exit", (code) => {
        const asked = this.#state !== "open";
        this.#state = "gone";
        const lost = this.#lost(code);
        if (!asked) this.#loss = lost;
        for (const call of this.#pending.values()) call.reject(lost);
        this.#pending.clear();
        exited();
        if (!opened) reject(lost);
        else if (!asked) (options.onLost ?? rethrowUncaught)(lost);
      });
    });
  }

  write(name: string, argument: unknown): Promise<unknown> {
    return this.#call(true, name, argument);
  }

  read(name: string, argument: unknown): Promise<unknown> {
    return this.#call(false, name, argument);
  }

  listen(name: string, listener: (detail: string) => void): () => void {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners);
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  async close(): Promise<void> {
    if (this.#state === "open") {
      this.#flush();
      this.#state = "closing";
      this.#worker.ref();
      this.#worker.postMessage({ kind: "close" } satisfies ToThread);
    }
    await this.#exited;
    if (this.#closeError !== undefined) throw this.#closeError;
  }

  #call(write: boolean, name: string, argument: unknown): Promise<unknown> {
    if (this.#state !== "open") {
      return Promise.reject(this.#loss ?? new StorageError("closed", `${this.#file} is not open any more`));
    }
    if (this.#pending.size >= storageLimits.pendingRequests) {
      const most = storageLimits.pendingRequests;
      return Promise.reject(new StorageError("busy", `${this.#file}: ${most} requests wait for the store`));
    }
    return new Promise((resolve, reject) => {
      const id = ++this.#lastId;
      // The thread keeps the process alive only while somebody waits for it.
      if (this.#pending.size === 0) this.#worker.ref();
      this.#pending.set(id, { resolve, reject });
      if (this.#outgoing.length === 0) setImmediate(() => this.#flush());
      this.#outgoing.push([id, write, name, argument]);
    });
  }

  /** One message for all calls of this turn of the event loop. */
  #flush(): void {
    if (this.#outgoing.length === 0 || this.#state !== "open") return;
    const calls = this.#outgoing;
    this.#outgoing = [];
    try {
      this.#post(calls);
    } catch {
      // An argument that cannot be cloned fails its own call only.
      for (const call of calls) {
        try {
          this.#post([call]);
        } catch (thrown) {
          this.#take(call[0])?.reject(toError(thrown));
        }
      }
    }
  }

  #post(calls: readonly CallMessage[]): void {
    this.#worker.postMessage({ kind: "calls", calls } satisfies ToThread);
  }

  #settle(message: Extract<FromThread, { kind: "replies" }>): void {
    for (const [id, result, error] of message.replies) {
      const call = this.#take(id);
      if (error === undefined) call?.resolve(result);
      else call?.reject(decodeError(error));
    }
    for (const [name, detail] of message.signals) {
      for (const listener of this.#listeners.get(name) ?? []) listener(detail);
    }
  }

  #take(id: number): PendingCall | undefined {
    const call = this.#pending.get(id);
    this.#pending.delete(id);
    if (this.#pending.size === 0 && this.#state === "open") this.#worker.unref();
    return call;
  }

  #lost(exitCode: number): StorageError {
    const why = this.#crash === undefined ? `exit code ${exitCode}` : this.#crash.message;
    return new StorageError("lost", `the thread of ${this.#file} ended: ${why}`, { cause: this.#crash });
  }
}

/** A thread does not inherit the compile cache by itself; with it, it takes half the time and memory to start. */
function threadEnvironment(): NodeJS.ProcessEnv {
  const cache = getCompileCacheDir();
  return cache === undefined ? process.env : { ...process.env, NODE_COMPILE_CACHE: dirname(cache) };
}

function rethrowUncaught(error: StorageError): void {
  setImmediate(() => {
    throw error;
  });
}
