import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type EventSources,
  functionLimits,
  type Log,
  type ObjectReader,
  type RoleDirectory,
  ServiceError,
  silentLog,
  systemRandomness,
} from "../src/base/index.ts";
import { removeTree } from "../src/base/remove-tree.ts";
import {
  type CodeLocation,
  createFunctions,
  type Functions,
  type RuntimeAvailability,
} from "../src/functions/index.ts";
import type { OPERATIONS } from "../src/functions/operations/index.ts";
import type { RequestContext } from "../src/wire/index.ts";
import { MemoryBlobStore, MemoryStateStore } from "./memory-storage.ts";
import { SimulatedClock } from "./simulated-clock.ts";
import { zipOf } from "./zip-writer.ts";

export const ACCOUNT = "123456789012";
export const REGION = "eu-west-1";
export const ROLE = `arn:aws:iam::${ACCOUNT}:role/worker`;
export const CODE: Buffer = zipOf({ "index.mjs": "export const handler = async () => 1;\n" });

type Operations = typeof OPERATIONS;

export interface Caller {
  readonly account?: string;
  readonly region?: string;
}

export interface WorldOptions {
  readonly objects?: ObjectReader;
  readonly roles?: RoleDirectory;
  readonly requireRoles?: boolean;
  readonly runtimes?: (identifier: string) => RuntimeAvailability;
  readonly codeLocation?: CodeLocation;
  readonly eventSources?: EventSources;
  readonly log?: Log;
}

/** The control plane on stores in memory, called as the wire layer calls it, and restarted as after a crash. */
export class FunctionsWorld {
  readonly state = new MemoryStateStore();
  readonly clock = new SimulatedClock();
  readonly directory: string;
  readonly blobs: MemoryBlobStore;
  readonly #options: WorldOptions;
  functions: Functions;

  private constructor(
    directory: string,
    options: WorldOptions,
    functions: (world: FunctionsWorld) => Functions,
  ) {
    this.directory = directory;
    this.blobs = new MemoryBlobStore(join(directory, "blobs"));
    this.#options = options;
    this.functions = functions(this);
  }

  static async open(options: WorldOptions = {}): Promise<FunctionsWorld> {
    const directory = await mkdtemp(join(tmpdir(), "lambkin-functions-"));
    const world = new FunctionsWorld(directory, options, () => undefined as unknown as Functions);
    await world.start();
    return world;
  }

  get packages(): string {
    return join(this.directory, "packages");
  }

  /** Starts anew on the same stores; what ran before is left as a crash leaves it. */
  async start(): Promise<void> {
    const options = this.#options;
    this.functions = await createFunctions({
      state: this.state,
      blobs: this.blobs,
      unpackDirectory: this.packages,
      objects: options.objects ?? noObjects,
      roles: options.roles ?? { find: async () => undefined },
      requireRoles: options.requireRoles ?? false,
      codeLocation:
        options.codeLocation ??
        ((code) => `${code.endpoint}/code/${code.account}/${code.sha256}?expires=${code.expiresAt}`),
      eventSources: options.eventSources ?? { check: async () => "unserved" },
      destinationServices: new Set(["lambda"]),
      runtimes: options.runtimes ?? (() => ({ supported: true })),
      clock: this.clock,
      randomness: systemRandomness,
      log: options.log ?? silentLog,
    });
  }

  async call<Name extends keyof Operations>(
    operation: Name,
    input: Parameters<Operations[Name]>[1],
    caller: Caller = {},
  ): Promise<any> {
    const handler = this.functions.operations[operation];
    if (handler === undefined) throw new Error(`${operation} is not an operation`);
    return (await handler(input, requestContext(operation, caller))) as unknown;
  }

  /** Creates a function of the given name and waits until it is Active. */
  async create(name: string, changes: Record<string, unknown> = {}, caller: Caller = {}): Promise<any> {
    await this.call(
      "CreateFunction",
      {
        FunctionName: name,
        Role: ROLE,
        Runtime: "nodejs22.x",
        Handler: "index.handler",
        Code: { ZipFile: CODE },
        ...changes,
      },
      caller,
    );
    return this.settled(name, caller);
  }

  /** The configuration once nothing is pending any more. */
  async settled(name: string, caller: Caller = {}): Promise<any> {
    for (;;) {
      const configuration = await this.call("GetFunctionConfiguration", { FunctionName: name }, caller);
      const { State, LastUpdateStatus } = configuration as { State: string; LastUpdateStatus?: string };
      if (State !== "Pending" && LastUpdateStatus !== "InProgress") return configuration;
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
    }
  }

  /** The same where so many wrote at once that a state had to wait for its next attempt: lets the time pass. */
  async settledInTime(name: string): Promise<any> {
    for (;;) {
      const configuration = await this.call("GetFunctionConfiguration", { FunctionName: name });
      if (configuration.State !== "Pending" && configuration.LastUpdateStatus !== "InProgress") {
        return configuration;
      }
      await this.clock.advance(functionLimits.settleRetryFirstMs);
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
    }
  }

  async close(): Promise<void> {
    await this.functions.close();
    await removeTree(this.directory);
  }
}

const noObjects: ObjectReader = {
  async read() {
    throw new ServiceError({
      code: "NoSuchBucket",
      status: 404,
      message: "The specified bucket does not exist",
    });
  },
};

export function requestContext(operation: string, caller: Caller = {}): RequestContext {
  const account = caller.account ?? ACCOUNT;
  return {
    requestId: "11111111-2222-4333-8444-555555555555",
    extendedRequestId: "",
    service: "lambda",
    operation,
    account,
    region: caller.region ?? REGION,
    identity: {
      kind: "user",
      account,
      arn: `arn:aws:iam::${account}:user/tester`,
      userId: "AIDATESTER",
      accessKeyId: account,
    },
    headers: {},
    sourceIp: "127.0.0.1",
    endpoint: "http://127.0.0.1:4566",
    signal: new AbortController().signal,
    setHeader: () => undefined,
  };
}
