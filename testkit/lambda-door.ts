import { LambdaClient } from "@aws-sdk/client-lambda";
import { silentLog, systemClock, systemRandomness } from "../src/base/index.ts";
import { StartBudget } from "../src/environments/index.ts";
import { store as durableStore } from "../src/invoke/durable/store.ts";
import { createInvoker } from "../src/invoke/index.ts";
import { createCredentials, createDoor } from "../src/wire/index.ts";
import { FakeHost } from "./fake-environments.ts";
import { ACCOUNT, FunctionsWorld, REGION } from "./functions-world.ts";
import { InProcessStore } from "./in-process-store.ts";
import { MemoryEventQueue } from "./memory-event-queue.ts";
import { memoryLedger } from "./memory-ledger.ts";
import { MemoryTimers } from "./memory-timers.ts";

const GIB = 1024 ** 3;

/**
 * Lambda behind the real door for an unmodified client: the real control plane, whose state a test can hold still, and
 * the real invoke path on environments that only pretend to run. Queued events stay queued.
 */
export class LambdaDoor implements AsyncDisposable {
  readonly world: FunctionsWorld;
  readonly host: FakeHost;
  readonly queue: MemoryEventQueue;
  readonly lambda: LambdaClient;
  readonly #close: () => Promise<void>;

  private constructor(
    parts: Pick<LambdaDoor, "world" | "host" | "queue" | "lambda">,
    close: () => Promise<void>,
  ) {
    this.world = parts.world;
    this.host = parts.host;
    this.queue = parts.queue;
    this.lambda = parts.lambda;
    this.#close = close;
  }

  /** `startMs` tells how long an environment takes to come up. */
  static async open({ startMs = () => 0 }: { readonly startMs?: () => number } = {}): Promise<LambdaDoor> {
    const world = await FunctionsWorld.open();
    const clock = systemClock;
    const randomness = systemRandomness;
    const host = new FakeHost(clock, { start: () => ({ afterMs: startMs() }), run: () => ({ afterMs: 0 }) });
    const queue = new MemoryEventQueue(clock);
    const durable = new InProcessStore(durableStore);
    const invoker = createInvoker({
      catalog: world.functions.catalog,
      host,
      starts: new StartBudget(4, world.clock),
      queue,
      durableDirectory: "",
      timers: new MemoryTimers(world.clock),
      openDurableStore: async () => durable.open(),
      ledger: memoryLedger(),
      roles: { find: async () => undefined },
      clock,
      randomness,
      log: silentLog,
      // Environments that only pretend to run use none, however little of it the machine has left.
      memory: () => ({ totalBytes: 8 * GIB, availableBytes: 4 * GIB }),
    });
    const operations = { ...world.functions.operations, ...invoker.operations };
    const door = createDoor({
      services: (name) => (name === "lambda" ? Promise.resolve({ name, operations }) : undefined),
      credentials: createCredentials({
        masterKey: Buffer.alloc(32, 1),
        accessKeys: { find: async () => undefined },
        secure: false,
        defaultAccount: ACCOUNT,
        clock,
        randomness,
      }),
      routes: [],
      defaultRegion: REGION,
      defaultAccount: ACCOUNT,
      hostNames: [],
      clock,
      randomness,
      log: silentLog,
    });
    const { port } = await door.listen({ host: "127.0.0.1", port: 0 });
    const lambda = new LambdaClient({
      endpoint: `http://127.0.0.1:${port}`,
      region: REGION,
      // A key of twelve digits names the account.
      credentials: { accessKeyId: ACCOUNT, secretAccessKey: "test" },
      maxAttempts: 1,
    });
    return new LambdaDoor({ world, host, queue, lambda }, async () => {
      lambda.destroy();
      await door.close(0);
      await invoker.drain(0);
      await invoker.close();
      await world.close();
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#close();
  }
}
