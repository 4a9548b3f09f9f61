import type { InvokeWithResponseStreamResponseEvent } from "@aws-sdk/client-lambda";
import { type Log, type MachineMemory, type ServiceError, silentLog } from "../src/base/index.ts";
import { StartBudget } from "../src/environments/index.ts";
import { store as durableStore } from "../src/invoke/durable/store.ts";
import { createInvoker, type Invoker, type InvokerOptions } from "../src/invoke/index.ts";
import type { UsageRecord } from "../src/metering/index.ts";
import type { RequestContext } from "../src/wire/index.ts";
import { FakeCatalog } from "./fake-catalog.ts";
import { type FakeBehaviour, FakeHost, steady } from "./fake-environments.ts";
import { InProcessStore } from "./in-process-store.ts";
import { MemoryEventQueue } from "./memory-event-queue.ts";
import { memoryLedger } from "./memory-ledger.ts";
import { MemoryTimers } from "./memory-timers.ts";
import { type SeededRandomness, seededRandomness } from "./seeded-randomness.ts";
import { SimulatedClock } from "./simulated-clock.ts";

/** What became of a call of an operation. */
export interface Answer {
  readonly output?: {
    readonly StatusCode?: number;
    readonly FunctionError?: string;
    readonly LogResult?: string;
    readonly Payload?: Uint8Array;
    readonly ExecutedVersion?: string;
    readonly Status?: number;
    readonly EventStream?: AsyncIterable<InvokeWithResponseStreamResponseEvent>;
  };
  readonly error?: ServiceError;
  readonly headers: Readonly<Record<string, string>>;
  readonly requestId: string;
  /** Simulated epoch milliseconds. */
  readonly at: number;
}

/** An invoker with fake environments, an in-memory queue and a clock that only the test moves. */
export class InvokeWorld {
  readonly clock = new SimulatedClock();
  readonly random: SeededRandomness;
  readonly catalog: FakeCatalog;
  readonly queue = new MemoryEventQueue(this.clock);
  readonly durable = new InProcessStore(durableStore);
  readonly usage: UsageRecord[] = [];
  readonly logged: string[] = [];
  readonly host: FakeHost;
  readonly invoker: Invoker;
  /** Of the machine, in bytes. */
  memory: MachineMemory = { totalBytes: 8 * 1024 ** 4, availableBytes: 4 * 1024 ** 4 };

  constructor(
    options: {
      readonly behaviour?: FakeBehaviour;
      readonly seed?: number;
      readonly catalog?: FakeCatalog;
      /** Environments that may start at once. */
      readonly creations?: number;
      /** Whether the machine has no CPU to spare. */
      readonly saturated?: () => boolean;
      /** Of the machine; by default far more than environments use. */
      readonly memory?: () => MachineMemory;
    } & Partial<
      Pick<InvokerOptions, "mostEnvironments" | "memoryReserveBytes" | "destinations" | "state">
    > = {},
  ) {
    this.catalog = options.catalog ?? new FakeCatalog();
    this.random = seededRandomness(options.seed ?? 1);
    this.host = new FakeHost(this.clock, options.behaviour ?? steady());
    this.invoker = createInvoker({
      catalog: this.catalog,
      host: this.host,
      queue: this.queue,
      durableDirectory: "",
      timers: new MemoryTimers(this.clock),
      openDurableStore: async () => this.durable.open(),
      ledger: memoryLedger(this.usage),
      roles: { find: async () => undefined },
      clock: this.clock,
      randomness: this.random,
      log: memoryLog(this.logged),
      ...(options.destinations === undefined ? {} : { destinations: options.destinations }),
      ...(options.state === undefined ? {} : { state: options.state }),
      memory: options.memory ?? (() => this.memory),
      memoryReserveBytes: options.memoryReserveBytes,
      starts: new StartBudget(options.creations ?? 4, this.clock, options.saturated),
      mostEnvironments: options.mostEnvironments ?? 100,
    });
  }

  /** Calls Invoke as the wire would; never rejects. */
  invoke(
    functionName: string,
    input: Readonly<Record<string, unknown>> = {},
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer> {
    return this.call("Invoke", { FunctionName: functionName, ...input }, { headers });
  }

  /** Calls an operation as the wire would; never rejects. */
  async call(
    operation: keyof Invoker["operations"],
    input: Readonly<Record<string, unknown>>,
    {
      headers = {},
      signal = new AbortController().signal,
    }: { readonly headers?: Readonly<Record<string, string>>; readonly signal?: AbortSignal } = {},
  ): Promise<Answer> {
    const requestId = this.random.uuid();
    const answerHeaders: Record<string, string> = {};
    const context: RequestContext = {
      requestId,
      extendedRequestId: "",
      service: "lambda",
      operation,
      account: "000000000000",
      region: "us-east-1",
      identity: { kind: "root", account: "000000000000", arn: "", userId: "", accessKeyId: "test" },
      headers,
      sourceIp: "127.0.0.1",
      endpoint: "http://localhost:4566",
      signal,
      setHeader: (name, value) => {
        answerHeaders[name] = value;
      },
    };
    const facts = { headers: answerHeaders, requestId };
    try {
      const output = (await this.invoker.operations[operation](input, context)) as NonNullable<
        Answer["output"]
      >;
      return { output, ...facts, at: this.clock.now() };
    } catch (error) {
      return { error: error as ServiceError, ...facts, at: this.clock.now() };
    }
  }

  /** Starts `count` invocations at the same moment. */
  burst(
    count: number,
    functionName: string,
    input: Readonly<Record<string, unknown>> = {},
  ): Promise<Answer>[] {
    return Array.from({ length: count }, () => this.invoke(functionName, input));
  }
}

function memoryLog(lines: string[]): Log {
  const write = (event: string, fields = {}): void => {
    lines.push(`${event} ${JSON.stringify(fields)}`);
  };
  const log: Log = { ...silentLog, warn: write, error: write, with: () => log };
  return log;
}
