import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import {
  type Clock,
  cacheDirectory,
  type Log,
  type LogEvent,
  silentLog,
  systemClock,
  systemRandomness,
} from "../src/base/index.ts";
import {
  createEnvironmentHost,
  type Environment,
  type EnvironmentSpec,
  type InvocationOutcome,
  type InvocationReport,
  type IsolationTier,
  openSandboxTier,
  type ResponseReceiver,
  type SandboxTier,
  StartBudget,
  startsOfThisMachine,
} from "../src/environments/index.ts";
import { findRuntimes, type Runtime, type RuntimeCatalog } from "../src/runtimes/index.ts";

const ACCOUNT = "123456789012";
const REGION = "us-east-1";

export interface WorldOptions {
  readonly tier: IsolationTier;
  /** Enough for a machine under load unless it is said. */
  readonly initMs?: number;
  readonly pooled?: boolean | "strict";
  readonly clock?: Clock;
  readonly log?: Log;
}

export interface FunctionOptions {
  readonly runtime: string;
  /** `index.handler` by default. */
  readonly handler?: string;
  readonly initialization?: EnvironmentSpec["initialization"];
  /** Contents by path inside the package. */
  readonly files: Readonly<Record<string, string | Uint8Array>>;
  readonly executables?: readonly string[];
  /** Contents by path under `/opt`; what lies in `extensions/` is executable unless its name ends in `.txt`. */
  readonly layer?: Readonly<Record<string, string>>;
  readonly settings?: Partial<EnvironmentSpec>;
  readonly memoryMiB?: number;
  readonly timeoutMs?: number;
  readonly environment?: Readonly<Record<string, string>>;
  readonly functionName?: string;
  readonly logGroup?: string;
  readonly version?: string;
}

export interface InvokeOptions {
  readonly payload?: Uint8Array;
  readonly requestId?: string;
  readonly traceId?: string;
  readonly clientContext?: string;
  readonly contentType?: string;
  readonly tenantId?: string;
  readonly tail?: boolean;
  readonly response?: ResponseReceiver;
  /** The answer is there; the invocation may go on. */
  readonly onAnswer?: () => void;
}

export interface Invoked {
  readonly outcome: InvocationOutcome & InvocationReport;
  /** Whether the answer was there before the invocation had ended. */
  readonly answeredEarly: boolean;
  readonly requestId: string;
  /** The payload as text and, if it is that, as JSON. */
  readonly text: string;
  readonly json: any;
  /** The events that were logged from the dispatch to the report. */
  readonly log: readonly string[];
}

/** The real environment host over a real tier of sandboxes, with its logs kept in memory. */
export class EnvironmentWorld {
  readonly tier: SandboxTier;
  readonly host: ReturnType<typeof createEnvironmentHost>;
  readonly endpointCalls: { readonly environmentId: string; readonly account: string }[] = [];
  /** Whoever calls the endpoint has to wait for it. */
  endpointHeld: Promise<unknown> = Promise.resolve();
  readonly logs = new Map<string, LogEvent[]>();
  readonly #directory: string;
  #functions = 0;
  #issued = 0;

  constructor(tier: SandboxTier, runtimes: RuntimeCatalog, directory: string, options: WorldOptions) {
    this.tier = tier;
    this.#directory = directory;
    this.host = createEnvironmentHost({
      tier,
      runtimes: { ...runtimes, find: (identifier) => withoutNotice(runtimes.find(identifier)) },
      credentials: () => ({
        accessKeyId: "ASIATEST",
        secretAccessKey: "secret",
        sessionToken: "token",
        // Of each later than of the one before, however soon that is.
        expiration: Date.now() + 3_600_000 + ++this.#issued,
      }),
      logs: {
        append: ({ group, stream }, events) => {
          const key = `${group} ${stream}`;
          this.logs.set(key, [...(this.logs.get(key) ?? []), ...events]);
        },
      },
      onEndpoint: (socket: Socket, from) => {
        this.endpointCalls.push(from);
        void this.endpointHeld.then(() => socket.end("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"));
      },
      clock: options.clock ?? systemClock,
      starts: new StartBudget(startsOfThisMachine(), options.clock ?? systemClock),
      randomness: systemRandomness,
      log: options.log ?? silentLog,
      ...(options.pooled === undefined ? {} : { pooled: options.pooled }),
      initMs: options.initMs ?? 60_000,
    });
  }

  /** Unpacks the files and creates one environment for them; resolves when it is idle. */
  async start(options: FunctionOptions): Promise<RunningFunction> {
    const number = ++this.#functions;
    const codeDirectory = join(this.#directory, `code-${number}`);
    for (const [path, content] of Object.entries(options.files)) {
      const file = join(codeDirectory, path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, content);
      if (options.executables?.includes(path)) await chmod(file, 0o755);
    }
    const layersDirectory = join(this.#directory, `layer-${number}`);
    for (const [path, content] of Object.entries(options.layer ?? {})) {
      const file = join(layersDirectory, path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, content, {
        mode: /^extensions\/.*(?<!\.txt)$|^bootstrap$/.test(path) ? 0o755 : 0o644,
      });
    }
    if (options.layer !== undefined) await mkdir(layersDirectory, { recursive: true });
    const functionName = options.functionName ?? `function-${number}`;
    const spec: EnvironmentSpec = {
      key: `key-${number}`,
      initialization: options.initialization ?? "on-demand",
      account: ACCOUNT,
      region: REGION,
      functionName,
      functionArn: `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${functionName}`,
      version: options.version ?? "$LATEST",
      runtime: options.runtime,
      handler: options.handler ?? "index.handler",
      architecture: "x86_64",
      memoryMiB: options.memoryMiB ?? 1_769,
      timeoutMs: options.timeoutMs ?? 60_000,
      ephemeralStorageMiB: 512,
      environment: options.environment ?? {},
      codeDirectory,
      ...(options.layer === undefined ? {} : { layersDirectory }),
      roleArn: `arn:aws:iam::${ACCOUNT}:role/role`,
      roleId: "AROATEST",
      logGroup: options.logGroup ?? `/aws/lambda/${functionName}`,
      ...options.settings,
    };
    const running = new RunningFunction(this, spec);
    await running.idle();
    return running;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async close(): Promise<void> {
    await this.host.drain();
    await this.tier.close();
    await rm(this.#directory, { recursive: true, force: true });
  }
}

/** One environment of one function. */
export class RunningFunction {
  readonly environment: Environment;
  readonly spec: EnvironmentSpec;
  /** Resolves when the environment is gone, to what was wrong with it. */
  readonly gone: Promise<Error | undefined>;
  readonly #world: EnvironmentWorld;
  #nextIdle = Promise.withResolvers<void>();

  constructor(world: EnvironmentWorld, spec: EnvironmentSpec) {
    this.#world = world;
    this.spec = spec;
    const gone = Promise.withResolvers<Error | undefined>();
    this.#nextIdle.promise.catch(() => undefined); // Whoever waits for it sees it.
    this.gone = gone.promise;
    this.environment = world.host.assign(spec, {
      onIdle: () => this.#nextIdle.resolve(),
      onGone: (_environment, error) => {
        this.#nextIdle.reject(error ?? new Error("the environment is gone"));
        gone.resolve(error);
      },
    });
  }

  idle(): Promise<void> {
    return this.#nextIdle.promise;
  }

  /** Where the function finds its package. */
  get taskRoot(): string {
    return this.#world.tier.name === "process" ? this.spec.codeDirectory : "/var/task";
  }

  /** All events of this function's log group. */
  log(): string[] {
    return [...this.#world.logs]
      .filter(([key]) => key.startsWith(`${this.spec.logGroup} `))
      .flatMap(([, events]) => events.map(({ message }) => message));
  }

  /** Invokes once the environment is idle. */
  async invoke(event: unknown = {}, options: InvokeOptions = {}): Promise<Invoked> {
    await this.idle();
    this.#nextIdle = Promise.withResolvers();
    this.#nextIdle.promise.catch(() => undefined);
    const before = this.log().length;
    const requestId = options.requestId ?? crypto.randomUUID();
    const reported = Promise.withResolvers<InvocationReport>();
    let ended = false;
    const answer = await this.environment.dispatch(
      {
        requestId,
        payload: options.payload ?? Buffer.from(JSON.stringify(event)),
        invokedFunctionArn: this.spec.functionArn,
        traceId:
          options.traceId ?? "Root=1-5e1b4151-5ac6c58f3f5f0a1f1e1d1c1b;Parent=53995c3f42cd8ad8;Sampled=0",
        ...(options.clientContext === undefined ? {} : { clientContext: options.clientContext }),
        ...(options.contentType === undefined ? {} : { contentType: options.contentType }),
        ...(options.tenantId === undefined ? {} : { tenantId: options.tenantId }),
        wantsLogTail: options.tail ?? false,
        onReport: (report) => {
          ended = true;
          reported.resolve(report);
        },
      },
      options.response,
    );
    const answeredEarly = !ended;
    options.onAnswer?.();
    const outcome = { ...answer, ...(await reported.promise) };
    // The last lines of its log follow the answer within the turn.
    await new Promise((resolve) => setImmediate(resolve));
    const text = Buffer.from(outcome.payload).toString();
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch {
      json = undefined;
    }
    return { outcome, answeredEarly, requestId, text, json, log: this.log().slice(before) };
  }
}

/** Machines differ in which version stands in for which, and so would the log. */
function withoutNotice(runtime: Runtime | undefined): Runtime | undefined {
  return runtime && Object.create(runtime, { notice: { value: undefined } });
}

let runtimes: Promise<RuntimeCatalog> | undefined;

/** Fails if the wanted tier can't be had: a test must not pass on another one. */
export async function openEnvironmentWorld(options: WorldOptions): Promise<EnvironmentWorld> {
  const directory = await mkdtemp(join(tmpdir(), "lambkin-environments-"));
  // Sandboxed users have to get through.
  await chmod(directory, 0o755);
  const tier = await openSandboxTier({
    cacheDirectory: cacheDirectory(),
    stateDirectory: join(directory, "state"),
    endpointPort: 4566,
    clock: systemClock,
    log: silentLog,
    prefer: options.tier,
  });
  if (tier.name !== options.tier) {
    const reasons = tier.report.limits.map(({ detail }) => detail).join("; ");
    await tier.close();
    throw new Error(`no ${options.tier} tier on this machine: ${reasons}`);
  }
  runtimes ??= findRuntimes();
  return new EnvironmentWorld(tier, await runtimes, directory, options);
}
