import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { type Clock, invokeLimits, type Log, type Randomness, sleep, toError } from "../../base/index.ts";
import type { FunctionCatalog } from "../../functions/index.ts";
import type { DurableRecord, UsageLedger } from "../../metering/index.ts";
import {
  type OutboxRelay,
  openStore,
  relayOutbox,
  StorageError,
  type Store,
  type Timers,
} from "../../storage/index.ts";
import type { Admission } from "../admission/admission.ts";
import type { Aftermath, PendingCall } from "./changes.ts";
import { describeOperation, describeStart } from "./describe.ts";
import type { Execution, InvocationResult } from "./model.ts";
import { executionArn } from "./names.ts";
import { encodeStateMarker } from "./pages.ts";
import { runFunction } from "./run-function.ts";
import type { Begun, DurableStore } from "./store.ts";

export interface DurableOptions {
  /** Where the store's file lies, or will lie once the first durable execution starts. */
  readonly directory: string;
  readonly timers: Timers;
  readonly catalog: Pick<FunctionCatalog, "resolve">;
  readonly admission: Pick<Admission, "admit">;
  readonly ledger: Pick<UsageLedger, "append" | "amend" | "appendDurable">;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly log: Log;
  /** Opens the store; a file in the directory and a thread of its own unless given. */
  readonly openStore?: () => Promise<Store<DurableStore>>;
}

const FILE = "durable.db";
const TIMER_PREFIX = "durable/";

/**
 * Drives durable executions: invokes their functions whenever something has happened that they wait for, and again
 * after failures; calls the functions that they call. What it knows is in the store, so a crash costs nothing but the
 * work since the last checkpoint.
 */
export class DurableExecutions {
  readonly #options: DurableOptions;
  readonly #log: Log;
  /** Tells the invocations of this run of the server from those of others. */
  readonly #run: string;
  #opened: Promise<Store<DurableStore>> | undefined;
  /** Of what is charged, from the store to the usage ledger. */
  #relay: OutboxRelay | undefined;
  /** Executions that are being driven, and those that have to be looked at again after that. */
  readonly #driven = new Map<string, { again: boolean }>();
  readonly #calling = new Set<string>();
  readonly #armed = new Map<string, number>();
  readonly #waiting = new Map<string, (() => void)[]>();
  readonly #running = new Set<Promise<void>>();
  readonly #stopping = new AbortController();
  #stopListening: () => void = () => undefined;
  #closed = false;

  constructor(options: DurableOptions) {
    this.#log = options.log.with({ room: "invoke" });
    this.#options = { ...options, log: this.#log };
    this.#run = options.randomness.uuid();
  }

  /** The store; opened, and its file made, by the first call. */
  store(): Promise<Store<DurableStore>> {
    if (this.#closed && this.#opened === undefined) {
      return Promise.reject(new StorageError("closed", "durable executions are not open any more"));
    }
    this.#opened ??= this.#open();
    return this.#opened;
  }

  /** Goes on with what an earlier run left. */
  start(): void {
    const { openStore: given, directory } = this.#options;
    this.#stopListening = this.#options.timers.listen(TIMER_PREFIX, async (key) => {
      await this.#wake(key.slice(TIMER_PREFIX.length));
    });
    if (given !== undefined || existsSync(path.join(directory, FILE))) this.#track(this.#recover());
  }

  /** Begins no invocation any more; what runs goes on. */
  stop(): void {
    this.#stopping.abort();
    this.#stopListening();
  }

  /** Resolves when nothing runs. */
  async quiet(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  async close(): Promise<void> {
    this.stop();
    this.#closed = true;
    const store = await this.#opened;
    await this.#relay?.stop();
    await store?.close();
  }

  /** Looks after an execution that was started or changed. */
  follow(id: string, after: Aftermath): void {
    const { timers } = this.#options;
    if (after.closed) {
      for (const resolve of this.#waiting.get(id) ?? []) resolve();
      this.#waiting.delete(id);
    }
    for (const other of after.others) this.drive(other);
    // Also if it has come meanwhile: then the timer rings at once.
    if (this.#armed.get(id) !== after.wakeAt) {
      this.#armed.set(id, after.wakeAt);
      this.#track(timers.arm(`${TIMER_PREFIX}${id}`, after.wakeAt, {}));
    }
    if (after.closed) this.#armed.delete(id);
  }

  /** Invokes the function of an execution for as long as there is something to invoke it for. */
  drive(id: string): void {
    if (this.#stopping.signal.aborted) return;
    const driven = this.#driven.get(id);
    if (driven !== undefined) {
      driven.again = true;
      return;
    }
    const state = { again: false };
    this.#driven.set(id, state);
    this.#track(this.#drive(id, state));
  }

  /** Carries out the chained invokes of a checkpoint. */
  call(calls: readonly PendingCall[]): void {
    for (const pending of calls) {
      const key = `${pending.id}/${pending.operationId}`;
      if (this.#calling.has(key)) continue;
      this.#calling.add(key);
      this.#track(this.#call(pending).finally(() => this.#calling.delete(key)));
    }
  }

  /** Resolves when the execution has ended. */
  async ended(id: string): Promise<Execution> {
    const store = await this.store();
    const ended = new Promise<void>((resolve) => {
      this.#waiting.set(id, [...(this.#waiting.get(id) ?? []), resolve]);
    });
    let found = await store.read("execution", id);
    if (found?.status === "RUNNING") {
      await ended;
      found = await store.read("execution", id);
    }
    if (found === undefined) throw new Error("a durable execution was forgotten before it had ended");
    return found;
  }

  async #open(): Promise<Store<DurableStore>> {
    const { openStore: given, ledger, clock } = this.#options;
    const store = await (given?.() ?? this.#openFile());
    const deliver = async ({ payload }: { readonly payload: unknown }) => {
      ledger.appendDurable(payload as DurableRecord);
    };
    this.#relay = relayOutbox({ store, deliver, clock, log: this.#log });
    return store;
  }

  async #openFile(): Promise<Store<DurableStore>> {
    const { directory } = this.#options;
    await mkdir(directory, { recursive: true, mode: 0o700 });
    return openStore<DurableStore>({
      module: new URL("./store.ts", import.meta.url),
      file: path.join(directory, FILE),
    });
  }

  async #recover(): Promise<void> {
    const store = await this.store();
    const { clock } = this.#options;
    await store.write("sweep", clock.now());
    for (let after = ""; !this.#stopping.signal.aborted; ) {
      const ids = await store.read("running", { after, limit: invokeLimits.durableRecoveredAtOnce });
      await Promise.all(
        ids.map(async (id) => {
          const { after: aftermath, calls } = await store.write("recover", {
            id,
            now: clock.now(),
            by: this.#run,
          });
          this.follow(id, aftermath);
          this.call(calls);
          this.drive(id);
        }),
      );
      const last = ids.at(-1);
      if (last === undefined) return;
      after = last;
    }
  }

  async #wake(id: string): Promise<void> {
    const store = await this.store();
    this.#armed.delete(id);
    const after = await store.write("wake", { id, now: this.#options.clock.now() });
    if (after === undefined) return;
    this.follow(id, after);
    if (!after.closed) this.drive(id);
  }

  async #drive(id: string, state: { again: boolean }): Promise<void> {
    try {
      const { clock, randomness } = this.#options;
      const store = await this.store();
      while (!this.#stopping.signal.aborted) {
        state.again = false;
        const invocationId = randomness.uuid();
        const answer = await store.write("begin", { id, now: clock.now(), invocationId, by: this.#run });
        if (answer === undefined) return;
        this.follow(id, answer.after);
        if (answer.begun === undefined) {
          if (!state.again) return;
          continue;
        }
        const result = await this.#invoke(answer.begun, invocationId);
        this.follow(id, await store.write("end", { id, now: clock.now(), invocationId, result }));
      }
    } finally {
      // In the same breath as the decision to stop, or who calls in between would be told of a loop that is over.
      this.#driven.delete(id);
    }
  }

  async #invoke(
    { execution, input, token, operations, more }: Begun,
    requestId: string,
  ): Promise<InvocationResult> {
    const time = (milliseconds: number) => milliseconds;
    const payload = JSON.stringify({
      DurableExecutionArn: executionArn(execution),
      CheckpointToken: token,
      InitialExecutionState: {
        Operations: [
          describeStart(execution, input, time),
          ...operations.map((operation) => describeOperation({ operation, time })),
        ],
        NextMarker: more === undefined ? "" : encodeStateMarker(more),
      },
    });
    const { account, region, functionName, version, traceId, tenantId } = execution;
    return runFunction(
      () => this.#options.catalog.resolve({ account, region, functionName, qualifier: version }),
      { payload, requestId, traceId, tenantId },
      this.#options,
    );
  }

  /** Calls a function that is not durable. A crash on the way calls it again. */
  async #call({ id, operationId, functionName, payload }: PendingCall): Promise<void> {
    const { catalog, clock, randomness } = this.#options;
    const store = await this.store();
    const execution = await store.read("execution", id);
    if (execution === undefined) return;
    const { account, region, traceId, tenantId } = execution;
    let result: InvocationResult = { kind: "throttled" };
    while (!this.#stopping.signal.aborted) {
      result = await runFunction(
        () => catalog.resolve({ account, region, functionName }),
        { payload, requestId: randomness.uuid(), traceId, tenantId },
        this.#options,
      );
      if (result.kind !== "throttled") break;
      await sleep(clock, invokeLimits.durableThrottledMs, this.#stopping.signal);
    }
    if (result.kind === "throttled") return;
    const most = invokeLimits.durablePayloadBytes;
    const tooLarge = result.kind === "answer" && Buffer.byteLength(result.payload) > most;
    const ErrorMessage = `CHAINED_INVOKE output payload size must be less than or equal to ${most} bytes.`;
    const after = await store.write("called", {
      id,
      now: clock.now(),
      operationId,
      ...(result.kind !== "answer"
        ? { error: result.error }
        : tooLarge
          ? { error: { ErrorMessage } }
          : { result: result.payload }),
    });
    if (after === undefined) return;
    this.follow(id, after);
    this.drive(id);
  }

  /** Work in the background: what fails is said, and done again by the next timer or start. */
  #track(work: Promise<void>): void {
    const running = work.catch((thrown: unknown) => {
      if (!this.#stopping.signal.aborted) {
        this.#log.error("a durable execution is held up", { error: toError(thrown) });
      }
    });
    this.#running.add(running);
    void running.finally(() => this.#running.delete(running));
  }
}
