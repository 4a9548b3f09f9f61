/**
 * Durable executions of random programs on a clock that the test moves, with functions that crash, throttles, late
 * callbacks and servers that die at any moment. Whatever happens, every program comes to its one right result, and no
 * step that was kept is done again.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { CheckpointDurableExecutionResponse, Operation, OperationUpdate } from "@aws-sdk/client-lambda";
import { silentLog } from "../../src/base/index.ts";
import { DurableExecutions } from "../../src/invoke/durable/engine.ts";
import { startExecution } from "../../src/invoke/durable/starting.ts";
import { store as definition } from "../../src/invoke/durable/store.ts";
import { throttled } from "../../src/invoke/errors.ts";
import { CheckpointDurableExecution } from "../../src/invoke/operations/durable/CheckpointDurableExecution.ts";
import { SendDurableExecutionCallbackHeartbeat } from "../../src/invoke/operations/durable/SendDurableExecutionCallbackHeartbeat.ts";
import { SendDurableExecutionCallbackSuccess } from "../../src/invoke/operations/durable/SendDurableExecutionCallbackSuccess.ts";
import type { DurableRecord } from "../../src/metering/index.ts";
import type { RequestContext } from "../../src/wire/index.ts";
import { effort } from "../../testkit/effort.ts";
import { FakeCatalog } from "../../testkit/fake-catalog.ts";
import { InProcessStore } from "../../testkit/in-process-store.ts";
import { MemoryTimers } from "../../testkit/memory-timers.ts";
import { type SeededRandomness, seededRandomness, seedOfRun } from "../../testkit/seeded-randomness.ts";
import { SimulatedClock } from "../../testkit/simulated-clock.ts";

const RUNS = effort(10);
const EXECUTIONS = 6;
/** The engine gives up after five failures in a row, so the simulated functions crash less often than that. */
const CRASHES_IN_A_ROW = 3;
const context = { account: "000000000000", region: "us-east-1" } as RequestContext;

type Part =
  | { readonly kind: "step"; readonly failures: number }
  | { readonly kind: "wait"; readonly seconds: number }
  | { readonly kind: "callback" }
  | { readonly kind: "plain" }
  | { readonly kind: "child"; readonly program: readonly Part[] };

function randomProgram(random: SeededRandomness, depth = 0): Part[] {
  return Array.from({ length: 1 + random.below(5) }, (): Part => {
    const kind = random.pick(["step", "step", "wait", "callback", "plain", depth < 2 ? "child" : "step"]);
    if (kind === "step") return { kind, failures: random.below(3) };
    if (kind === "wait") return { kind, seconds: 1 + random.below(100) };
    if (kind === "child") return { kind, program: randomProgram(random, depth + 1) };
    return { kind: kind as "callback" | "plain" };
  });
}

/** What a program comes to, were nothing ever to go wrong. */
function expected(program: readonly Part[]): unknown[] {
  return program.map((part, index) => {
    if (part.kind === "child") return expected(part.program);
    return part.kind === "plain" ? index + 1 : part.kind === "wait" ? null : `${part.kind}-${index}`;
  });
}

class World {
  readonly clock = new SimulatedClock();
  readonly random: SeededRandomness;
  readonly catalog = new FakeCatalog();
  readonly timers = new MemoryTimers(this.clock);
  readonly store = new InProcessStore(definition);
  readonly #crashes = new Map<string, number>();
  /** Invocations that run, by execution: never two of one, on one server. */
  #invoked = new Set<string>();
  /** Steps that were kept, by execution and step. */
  readonly kept = new Set<string>();
  readonly problems: string[] = [];
  /** What was invoked, when and by which server: the same for the same seed. */
  readonly history: string[] = [];
  /** What was charged, by execution and number: the ledger takes each once. */
  readonly charges = new Map<string, DurableRecord>();
  #generation = 0;
  #handle: ReturnType<typeof this.store.open> | undefined;
  engine: DurableExecutions;

  constructor(seed: number) {
    this.random = seededRandomness(seed);
    const durable = { executionTimeoutSeconds: 30 * 86_400, retentionDays: 1 };
    const arn = this.catalog.put("program", { durable }).arn;
    this.catalog.put("program", { durable, invokedArn: `${arn}:$LATEST` });
    this.catalog.put("plain");
    this.engine = this.#start();
  }

  services() {
    const { engine: durable, catalog, clock, random: randomness } = this;
    const nothing = { append: () => undefined, enqueue: async () => undefined } as never;
    return { durable, catalog, clock, randomness, ledger: nothing, asyncQueue: nothing, admission: nothing };
  }

  /** What is in memory is lost, what runs goes on into the void. */
  crash(): void {
    this.engine.stop();
    void this.#handle?.close();
    void this.engine.close();
    this.engine = this.#start();
  }

  #start(): DurableExecutions {
    this.#generation += 1;
    this.#invoked = new Set();
    const generation = this.#generation;
    const engine = new DurableExecutions({
      directory: "",
      openStore: async () => (this.#handle = this.#inTurn(this.store.open())),
      timers: this.timers,
      catalog: this.catalog,
      admission: {
        admit: async (target, { payload }) => {
          if (this.random.chance(0.05)) throw throttled("ConcurrentInvocationLimitExceeded");
          await this.#pause(1 + this.random.below(300));
          const event = JSON.parse(Buffer.from(payload).toString());
          const answer =
            target.name === "plain"
              ? { answer: (event.n as number) + 1 }
              : await this.#invoke(event, generation);
          const body =
            "answer" in answer ? answer.answer : { errorMessage: answer.error, errorType: "Crash" };
          const outcome = {
            payload: Buffer.from(JSON.stringify(body)),
            ...("error" in answer ? { functionError: "Unhandled" } : {}),
          };
          return { target, outcome } as never;
        },
      },
      ledger: {
        append: () => true,
        amend: () => undefined,
        appendDurable: (record) => {
          if (generation !== this.#generation) throw new Error("the server is gone");
          const key = `${record.executionId}/${record.number}`;
          const known = this.charges.get(key);
          if (known !== undefined) assert.deepEqual(record, known, "a charge that is repeated is the same");
          this.charges.set(key, record);
          return known === undefined;
        },
      },
      clock: this.clock,
      randomness: this.random,
      log: silentLog,
    });
    engine.start();
    return engine;
  }

  /** A store that, like one in a thread of its own, does one thing after another and answers when it likes. */
  #inTurn(store: ReturnType<typeof this.store.open>): ReturnType<typeof this.store.open> {
    let last: Promise<unknown> = Promise.resolve();
    const queued = (call: () => Promise<unknown>) => {
      const done = last.then(async () => {
        for (let turns = this.random.below(8); turns > 0; turns--) await Promise.resolve();
        return call();
      });
      last = done.catch(() => undefined);
      return done;
    };
    return {
      ...store,
      write: (...call: Parameters<typeof store.write>) => queued(() => store.write(...call)),
      read: (...call: Parameters<typeof store.read>) => queued(() => store.read(...call)),
    } as typeof store;
  }

  async #invoke(event: any, generation: number): Promise<{ answer: unknown } | { error: string }> {
    const arn = event.DurableExecutionArn as string;
    if (generation !== this.#generation) return { error: "the server is gone" };
    this.history.push(`${this.clock.now()} ${generation} ${arn}`);
    if (this.#invoked.has(arn)) this.problems.push(`${arn} was invoked twice at once`);
    this.#invoked.add(arn);
    try {
      const answer = await this.#run(event, generation);
      this.#crashes.set(arn, 0);
      return { answer };
    } catch (error) {
      return { error: (error as Error).message };
    } finally {
      if (generation === this.#generation) this.#invoked.delete(arn);
    }
  }

  /** A small SDK: replays what it is handed, goes on from there, and checkpoints what it does. */
  async #run(event: any, generation: number): Promise<object> {
    const arn = event.DurableExecutionArn as string;
    const operations = event.InitialExecutionState.Operations as Operation[];
    const known = new Map(operations.map((operation) => [operation.Id ?? "", operation]));
    const program = JSON.parse(operations[0]?.ExecutionDetails?.InputPayload ?? "") as Part[];
    let token = event.CheckpointToken as string;
    const checkpoint = async (...updates: OperationUpdate[]): Promise<void> => {
      this.#mayCrash(arn);
      await this.#pause(this.random.below(20));
      if (generation !== this.#generation) throw new Error("the server is gone");
      const answer: CheckpointDurableExecutionResponse = await CheckpointDurableExecution(
        this.services(),
        { DurableExecutionArn: arn, CheckpointToken: token, Updates: updates },
        context,
      );
      token = answer.CheckpointToken ?? "";
      for (const operation of answer.NewExecutionState?.Operations ?? [])
        known.set(operation.Id ?? "", operation);
      for (const { Id, Action, Type } of updates) {
        if (Type !== "STEP" || Action !== "SUCCEED") continue;
        if (this.kept.has(`${arn} ${Id}`)) this.problems.push(`${Id} of ${arn} was kept twice`);
        this.kept.add(`${arn} ${Id}`);
      }
      this.#mayCrash(arn);
    };
    const results: unknown[] = [];
    for (const [index, part] of program.entries()) {
      const Id = `${index}`;
      const present = known.get(Id);
      const details =
        present?.StepDetails ?? present?.CallbackDetails ?? present?.ChainedInvokeDetails ?? undefined;
      if (present?.Status === "SUCCEEDED") {
        results.push(details?.Result === undefined ? null : JSON.parse(details.Result));
        continue;
      }
      if (present !== undefined && !["STARTED", "READY", "PENDING"].includes(present.Status ?? "")) {
        return { Status: "FAILED", Error: { ErrorMessage: `${Id} ended as ${present.Status}` } };
      }
      if (part.kind === "step") {
        if (present?.Status === "PENDING") return { Status: "PENDING" };
        if (present?.Status !== "STARTED") await checkpoint({ Id, Type: "STEP", Action: "START" });
        if ((present?.StepDetails?.Attempt ?? 0) < part.failures) {
          const StepOptions = { NextAttemptDelaySeconds: 1 + this.random.below(30) };
          await checkpoint({ Id, Type: "STEP", Action: "RETRY", Error: { ErrorMessage: "no" }, StepOptions });
          return { Status: "PENDING" };
        }
        await checkpoint({ Id, Type: "STEP", Action: "SUCCEED", Payload: JSON.stringify(`step-${Id}`) });
        results.push(`step-${Id}`);
        continue;
      }
      if (present === undefined) await checkpoint(this.#startOf(part, index));
      const now = known.get(Id);
      const until = now?.WaitDetails?.ScheduledEndTimestamp;
      if (part.kind === "wait" && until !== undefined && this.random.chance(0.3)) {
        // Some SDKs stay while another branch is busy, and ask.
        await this.#pause(Math.max(new Date(until).getTime() - this.clock.now(), 0));
        await checkpoint();
        if (known.get(Id)?.Status === "SUCCEEDED") {
          results.push(null);
          continue;
        }
      }
      return { Status: "PENDING" };
    }
    return { Status: "SUCCEEDED", Result: JSON.stringify(results) };
  }

  #startOf(part: Exclude<Part, { kind: "step" }>, index: number): OperationUpdate {
    const Id = `${index}`;
    const start = { Id, Action: "START" as const };
    if (part.kind === "wait") return { ...start, Type: "WAIT", WaitOptions: { WaitSeconds: part.seconds } };
    if (part.kind === "callback") {
      return { ...start, Type: "CALLBACK", CallbackOptions: { HeartbeatTimeoutSeconds: 900 } };
    }
    const [FunctionName, event] = part.kind === "plain" ? ["plain", { n: index }] : ["program", part.program];
    return {
      ...start,
      Type: "CHAINED_INVOKE",
      ChainedInvokeOptions: { FunctionName },
      Payload: JSON.stringify(event),
    };
  }

  #mayCrash(arn: string): void {
    const crashes = this.#crashes.get(arn) ?? 0;
    if (crashes >= CRASHES_IN_A_ROW || !this.random.chance(0.08)) return;
    this.#crashes.set(arn, crashes + 1);
    throw new Error("crashed");
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => this.clock.after(ms, () => resolve()));
  }

  /** Answers callbacks that wait, some of them after a sign of life. */
  async answer(): Promise<void> {
    const handle = this.store.open();
    for (const id of await handle.read("running", { after: "", limit: 1_000 })) {
      const { operations } = await handle.read("operations", { id, after: -1, items: 1_000, bytes: 1e9 });
      for (const { type, status, callbackId: CallbackId, id: operationId } of operations) {
        if (type !== "CALLBACK" || status !== "STARTED") continue;
        if (this.random.chance(0.5)) {
          await SendDurableExecutionCallbackHeartbeat(this.services(), { CallbackId }, context);
          continue;
        }
        const Result = Buffer.from(JSON.stringify(`callback-${operationId}`));
        await SendDurableExecutionCallbackSuccess(this.services(), { CallbackId, Result }, context);
      }
    }
  }
}

/** What was charged is what the histories say, each once, whoever died in between. */
async function assertCharged(world: World, handle: ReturnType<typeof world.store.open>): Promise<void> {
  const executions = Map.groupBy(world.charges.values(), ({ executionId }) => executionId);
  assert.ok(executions.size >= EXECUTIONS);
  for (const [id, charges] of executions) {
    const execution = await handle.read("execution", id);
    const events = await handle.read("events", { id, from: undefined, limit: 10_000, reverse: false });
    const keptUntil = (execution?.endedAt ?? 0) + (execution?.retentionDays ?? 0) * 86_400_000;
    let [operations, writtenBytes, retainedByteSeconds] = [0, 0, 0];
    for (const event of events) {
      const { EventType = "", EventTimestamp: at = new Date(0) } = event;
      const details: any = Object.entries(event).find(([name]) => name.endsWith("Details"))?.[1];
      const charged =
        /^(ExecutionStarted|Step(Succeeded|Failed)|(Wait|Callback|ChainedInvoke)Started)$/.test(EventType) ||
        (EventType === "InvocationCompleted" && details.Error !== undefined);
      if (charged) operations += 1;
      const payload: string =
        (details?.Result ?? (EventType === "ExecutionStarted" ? details?.Input : undefined))?.Payload ?? "";
      const error = details?.Error?.Payload;
      const bytes =
        Buffer.byteLength(payload) + (error === undefined ? 0 : Buffer.byteLength(JSON.stringify(error)));
      writtenBytes += bytes;
      retainedByteSeconds += (bytes * (keptUntil - at.getTime())) / 1_000;
    }
    const sum = (of: (record: DurableRecord) => number): number =>
      charges.reduce((total, record) => total + of(record), 0);
    assert.equal(
      sum((record) => record.operations),
      operations,
      "operations",
    );
    assert.equal(
      sum((record) => record.writtenBytes),
      writtenBytes,
      "bytes written",
    );
    const retained = sum((record) => record.retainedByteSeconds);
    assert.ok(Math.abs(retained - retainedByteSeconds) < 1, `${retained} kept, not ${retainedByteSeconds}`);
  }
}

/** Returns the history of the run. */
async function simulate(seed: number): Promise<readonly string[]> {
  const world = new World(seed);
  const { random, clock } = world;
  const programs = new Map<string, Part[]>();
  const target = world.catalog.resolve({
    account: context.account,
    region: context.region,
    functionName: "program",
  });
  for (let n = 0; n < EXECUTIONS; n++) {
    const program = randomProgram(random);
    const request = { payload: Buffer.from(JSON.stringify(program)), name: `p${n}`, traceId: "Root=1" };
    const { id } = await startExecution(world.services(), target, request);
    const again = await startExecution(world.services(), target, request);
    assert.equal(again.id, id, "one name, one execution");
    programs.set(id, program);
  }
  const handle = world.store.open();
  const running = () => handle.read("running", { after: "", limit: 1_000 });
  for (let round = 0; (await running()).length > 0; round++) {
    assert.ok(round < 2_000, `executions are stuck: ${(await running()).join(", ")}`);
    await clock.advance(1_000 + random.below(60_000));
    if (random.chance(0.3)) world.crash();
    await world.answer();
  }
  for (const [id, program] of programs) {
    const execution = await handle.read("execution", id);
    assert.equal(execution?.status, "SUCCEEDED", JSON.stringify(execution?.error));
    assert.deepEqual(JSON.parse(execution?.result ?? ""), expected(program));
    const events = await handle.read("events", { id, from: undefined, limit: 10_000, reverse: false });
    const ends = events.filter(({ EventType }) =>
      /^Execution(Succeeded|Failed|Stopped|TimedOut)$/.test(EventType ?? ""),
    );
    assert.equal(ends.length, 1, "an execution ends once");
    for (const { EventType, EventTimestamp, Id } of events) {
      if (EventType !== "WaitSucceeded") continue;
      const started = events.find((event) => event.EventType === "WaitStarted" && event.Id === Id);
      const due = started?.WaitStartedDetails?.ScheduledEndTimestamp;
      assert.ok((EventTimestamp ?? 0) >= (due ?? Number.POSITIVE_INFINITY), "no wait ends early");
    }
  }
  assert.deepEqual(world.problems, []);
  await clock.advance(60_000);
  await assertCharged(world, handle);
  // Everything is forgotten when its time is over, by timer or by the next start.
  await clock.advance(2 * 86_400_000);
  world.crash();
  await clock.advance(1_000);
  for (const id of programs.keys()) assert.equal(await handle.read("execution", id), undefined);
  return world.history;
}

test("every durable execution comes to its one right end", async (run) => {
  const seed = seedOfRun();
  run.diagnostic(`LAMBKIN_SEED=${seed}`);
  for (let n = 0; n < RUNS; n++) {
    try {
      await simulate(seed + n);
    } catch (error) {
      run.diagnostic(`LAMBKIN_SEED=${seed + n}`);
      throw error;
    }
  }
});

test("a seed tells the whole history of a run", async (run) => {
  const seed = seedOfRun();
  run.diagnostic(`LAMBKIN_SEED=${seed}`);
  assert.deepEqual(await simulate(seed), await simulate(seed));
});

test("recovery leaves alone what its own run of the server has begun", async () => {
  const world = new World(1);
  const target = world.catalog.resolve({
    account: context.account,
    region: context.region,
    functionName: "program",
  });
  const handle = world.store.open();
  for (let n = 0; n < 20; n++) {
    // The new server looks for what the old one left while it is asked for more.
    world.crash();
    const request = { payload: Buffer.from("[]"), traceId: "Root=1" };
    const { id } = await startExecution(world.services(), target, request);
    await world.clock.advance(600_000);
    assert.equal((await handle.read("execution", id))?.status, "SUCCEEDED");
    const invoked = world.history.filter((line) => line.endsWith(id));
    assert.equal(invoked.length, 1, "its function is invoked once");
  }
  assert.deepEqual(world.problems, []);
});
