import { environmentLimits, toError } from "../base/index.ts";
import type { RuntimeCatalog } from "../runtimes/index.ts";
import { DebugSession } from "./debugging/debug-session.ts";
import { ExecutionEnvironment } from "./environment.ts";
import type { EnvironmentContext } from "./environment-context.ts";
import type {
  DebuggerDoor,
  Environment,
  EnvironmentHost,
  EnvironmentListener,
  EnvironmentSpec,
  EnvironmentStatus,
  ExpectedFunction,
} from "./interfaces.ts";
import { OutputTurn } from "./output-turn.ts";
import { EnvironmentPool } from "./pool/environment-pool.ts";
import { cellKeyOf, type PoolableSpec, poolKeyOf } from "./pool/pool-key.ts";
import type { StartBudget } from "./start-budget.ts";

export interface EnvironmentHostOptions extends Omit<EnvironmentContext, "initMs" | "pool" | "outputTurn"> {
  readonly runtimes: RuntimeCatalog;
  /** Limit of an init before the first invocation; 10 s on Lambda. */
  readonly initMs?: number;
  /**
   * Keep sandboxes ready for functions that are yet to come, where the tier can take code into running ones; if
   * `strict`, none that shares an interpreter's start with others.
   */
  readonly pooled?: boolean | "strict";
  /** Of this machine; shared with whoever has environments made. */
  readonly starts: StartBudget;
}

/** The host of this node's environments. The tier stays its opener's: drain the host, then close the tier. */
export function createEnvironmentHost(options: EnvironmentHostOptions): EnvironmentHost & DebuggerDoor {
  return new LocalEnvironmentHost(options);
}

class LocalEnvironmentHost implements EnvironmentHost, DebuggerDoor {
  readonly #context: EnvironmentContext;
  readonly #runtimes: RuntimeCatalog;
  readonly #environments = new Map<string, Environment>();
  readonly #pool: EnvironmentPool | undefined;
  /** By function. */
  readonly #debugged = new Map<string, DebugSession>();
  #draining = false;

  constructor(options: EnvironmentHostOptions) {
    const { runtimes, pooled, starts: _, ...context } = options;
    const useful = pooled !== undefined && pooled !== false && options.tier.name === "namespaces";
    this.#pool = useful ? new EnvironmentPool({ ...options, forks: pooled !== "strict" }) : undefined;
    this.#runtimes = runtimes;
    this.#context = {
      ...context,
      outputTurn: new OutputTurn(),
      initMs: options.initMs ?? environmentLimits.initMs,
      ...(this.#pool === undefined ? {} : { pool: this.#pool }),
    };
  }

  get isolation(): EnvironmentHost["isolation"] {
    return this.#context.tier.name;
  }

  assign(spec: EnvironmentSpec, listener: EnvironmentListener): Environment {
    const id = this.#context.randomness.uuid();
    const runtime = this.#runtimes.find(spec.runtime);
    if (runtime === undefined || this.#draining) {
      const why = this.#draining ? "the host drains" : `nothing on this machine runs ${spec.runtime}`;
      return stillborn(id, spec.key, listener, new Error(why));
    }
    const environment = new ExecutionEnvironment(id, spec, runtime, this.#contextOf(spec), {
      onIdle: (idle) => this.#tell(() => listener.onIdle(idle)),
      onGone: (gone, error) => {
        this.#environments.delete(id);
        this.#tell(() => listener.onGone(gone, error));
      },
    });
    this.#environments.set(id, environment);
    environment.start();
    return environment;
  }

  /** A function that is debugged has a clock of its own, and runs in what was started for it. */
  #contextOf(spec: EnvironmentSpec): EnvironmentContext {
    const debug = spec.version === "$LATEST" ? this.#debugged.get(spec.functionArn) : undefined;
    if (debug === undefined) return this.#context;
    const { pool: _waiting, ...context } = this.#context;
    return { ...context, clock: debug.clock, debug };
  }

  async debug(fn: { readonly functionArn: string; readonly runtime: string }, port: number) {
    const { tier, clock, log } = this.#context;
    if (tier.name !== "namespaces") throw new Error("debuggers attach to functions in namespaces only");
    if (this.#runtimes.find(fn.runtime)?.debuggable !== true) {
      throw new Error(`no debugger can attach to ${fn.runtime}`);
    }
    if (this.#debugged.has(fn.functionArn)) throw new Error("the function is debugged already");
    const session = await DebugSession.open(port, clock, log);
    this.#debugged.set(fn.functionArn, session);
    return {
      port: session.port,
      end: async () => {
        this.#debugged.delete(fn.functionArn);
        await session.close();
      },
    };
  }

  /** A listener's fault must not take the environment with it. */
  #tell(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#context.log.error("environment listener failed", { error: toError(error) });
    }
  }

  inventory(): readonly EnvironmentStatus[] {
    return [...this.#environments.values()].map(({ id, key, idle, state }) => ({ id, key, idle, state }));
  }

  expect(fn: ExpectedFunction): void {
    const runtime = this.#runtimes.find(fn.runtime);
    if (runtime === undefined || this.#draining) return;
    const spec: PoolableSpec = { ...fn, initialization: "on-demand" };
    const interpreter = poolKeyOf(spec, runtime);
    const key = "fresh" in interpreter ? cellKeyOf(spec, runtime) : interpreter;
    if (key !== undefined) this.#pool?.expect(key);
  }

  waiting(runtime?: string): number {
    return this.#pool?.waiting(runtime) ?? 0;
  }

  async drain(): Promise<void> {
    this.#draining = true;
    await Promise.all([
      this.#pool?.close(),
      ...[...this.#environments.values()].map((environment) => environment.retire()),
    ]);
  }
}

/** An environment that could not even begin; its listener hears of it after `assign` returned. */
function stillborn(id: string, key: string, listener: EnvironmentListener, error: Error): Environment {
  const environment: Environment = {
    id,
    key,
    idle: false,
    state: "ending",
    memoryMiB: 0,
    debugged: false,
    readMemory: () => undefined,
    dispatch: () => Promise.reject(error),
    retire: () => Promise.resolve(),
  };
  queueMicrotask(() => listener.onGone(environment, error));
  return environment;
}
