import type { Clock, Randomness } from "../src/base/index.ts";
import type {
  Environment,
  EnvironmentHost,
  EnvironmentListener,
  EnvironmentSpec,
  EnvironmentState,
  EnvironmentStatus,
  Invocation,
  InvocationOutcome,
  ResponseReceiver,
} from "../src/environments/index.ts";

/** How an environment of the fake host behaves; times are milliseconds of the host's clock. */
export interface FakeBehaviour {
  /** Time from `assign` to the first idleness; `fails` instead of it. */
  start(spec: EnvironmentSpec): { readonly afterMs: number; readonly fails?: Error };
  /** `lost`: the environment is gone before the invocation begins; `crashes`: gone after its outcome. */
  run(
    invocation: Invocation,
    spec: EnvironmentSpec,
  ): {
    readonly afterMs: number;
    readonly outcome?: Partial<InvocationOutcome>;
    /** What a receiver gets, each part as soon as it takes it; `afterMs` follows. */
    readonly streams?: readonly string[];
    readonly lost?: boolean;
    readonly crashes?: boolean;
  };
  /** What its memory is when it is read. */
  memoryMiB?(environment: FakeEnvironment): number;
}

export interface FakeDispatch {
  readonly environment: FakeEnvironment;
  readonly invocation: Invocation;
  readonly at: number;
}

/** An environment host without sandboxes. It notes what its callers may not do; tests look at `violations`. */
export class FakeHost implements EnvironmentHost {
  readonly isolation = "process";
  readonly environments = new Set<FakeEnvironment>();
  readonly dispatches: FakeDispatch[] = [];
  /** Most environments that were alive, and that were starting, at the same time. */
  mostAlive = 0;
  mostStarting = 0;
  created = 0;
  readonly violations: string[] = [];
  readonly clock: Clock;
  readonly behaviour: FakeBehaviour;

  constructor(clock: Clock, behaviour: FakeBehaviour) {
    this.clock = clock;
    this.behaviour = behaviour;
  }

  assign(spec: EnvironmentSpec, listener: EnvironmentListener): FakeEnvironment {
    this.created += 1;
    const environment = new FakeEnvironment(`environment-${this.created}`, spec, listener, this);
    this.environments.add(environment);
    this.mostAlive = Math.max(this.mostAlive, this.environments.size);
    this.mostStarting = Math.max(this.mostStarting, this.starting);
    return environment;
  }

  get starting(): number {
    return [...this.environments].filter((environment) => environment.phase === "starting").length;
  }

  expect(): void {
    // Nothing waits here.
  }

  waiting(): number {
    return 0;
  }

  inventory(): readonly EnvironmentStatus[] {
    return [...this.environments].map(({ id, key, idle, state }) => ({ id, key, idle, state }));
  }

  async drain(): Promise<void> {
    await Promise.all([...this.environments].map((environment) => environment.retire()));
  }
}

export class FakeEnvironment implements Environment {
  readonly id: string;
  readonly spec: EnvironmentSpec;
  phase: "starting" | "idle" | "busy" | "gone" = "starting";
  memoryMiB = 40;
  debugged = false;
  retiring = false;
  /** When it became idle last. */
  idleAt = 0;
  readonly #listener: EnvironmentListener;
  readonly #host: FakeHost;
  readonly #whenGone = Promise.withResolvers<void>();

  constructor(id: string, spec: EnvironmentSpec, listener: EnvironmentListener, host: FakeHost) {
    this.id = id;
    this.spec = spec;
    this.#listener = listener;
    this.#host = host;
    const { afterMs, fails } = host.behaviour.start(spec);
    host.clock.after(afterMs, () => {
      if (this.phase !== "starting") return;
      if (fails !== undefined) {
        this.leave(fails);
        return;
      }
      this.readMemory();
      this.#becomeIdle();
    });
  }

  get key(): string {
    return this.spec.key;
  }

  get idle(): boolean {
    return this.phase === "idle";
  }

  get state(): EnvironmentState {
    return this.phase === "gone" ? "ending" : this.phase;
  }

  get provisioned(): boolean {
    return this.spec.initialization === "provisioned-concurrency";
  }

  readMemory(): void {
    this.memoryMiB = this.#host.behaviour.memoryMiB?.(this) ?? this.memoryMiB;
  }

  async dispatch(invocation: Invocation, response?: ResponseReceiver): Promise<InvocationOutcome> {
    const { violations } = this.#host;
    if (this.phase !== "idle") violations.push(`${this.id} was given work while ${this.phase}`);
    if (this.retiring) violations.push(`${this.id} was given work after it was told to retire`);
    for (const other of this.#host.environments) {
      if (other.key !== this.key || !other.idle || other.retiring) continue;
      if (other.provisioned && !this.provisioned) {
        violations.push(`${this.id} was given work, but ${other.id} is provisioned`);
      }
      const comparable = other.provisioned === this.provisioned;
      if (comparable && other.idleAt > this.idleAt) {
        violations.push(`${this.id} was given work, but ${other.id} became idle later`);
      }
    }
    this.phase = "busy";
    const startedAt = this.#host.clock.now();
    const plan = this.#host.behaviour.run(invocation, this.spec);
    if (plan.lost === true) {
      this.leave(new Error("lost"));
      throw new Error("the environment was lost");
    }
    this.#host.dispatches.push({ environment: this, invocation, at: startedAt });
    if (plan.streams !== undefined) response?.begin("text/plain");
    for (const part of plan.streams ?? []) await response?.write(Buffer.from(part));
    await new Promise<void>((resolve) => this.#host.clock.after(plan.afterMs, resolve));
    this.readMemory();
    queueMicrotask(() => {
      if (plan.crashes === true || this.retiring) this.leave();
      else this.#becomeIdle();
    });
    const status = plan.outcome?.functionError === undefined ? "success" : "error";
    invocation.onReport?.({
      status: plan.outcome?.status ?? status,
      startedAt,
      durationMs: plan.afterMs,
      billedDurationMs: Math.ceil(plan.afterMs),
      maxMemoryUsedMiB: 40,
      provisioned: false,
    });
    return {
      payload: Buffer.from("null"),
      status,
      environmentId: this.id,
      logStream: `stream-${this.id}`,
      isolation: "process",
      ...plan.outcome,
    };
  }

  retire(): Promise<void> {
    this.retiring = true;
    if (this.phase === "starting" || this.phase === "idle") {
      this.#host.clock.after(1, () => this.leave());
    }
    return this.#whenGone.promise;
  }

  /** What an operator's kill or the host's own reaper does. */
  leave(error?: Error): void {
    if (this.phase === "gone") return;
    this.phase = "gone";
    this.#host.environments.delete(this);
    this.#whenGone.resolve();
    this.#listener.onGone(this, error);
  }

  #becomeIdle(): void {
    this.phase = "idle";
    this.idleAt = this.#host.clock.now();
    this.#listener.onIdle(this);
  }
}

/** Starts in 50 ms and answers in 10. */
export function steady(changes: Partial<FakeBehaviour> = {}): FakeBehaviour {
  return { start: () => ({ afterMs: 50 }), run: () => ({ afterMs: 10 }), ...changes };
}

/** Starts and runs of random length; `trouble` is the probability of each kind of failure. */
export function erratic(
  random: Pick<Randomness, "uniform">,
  trouble: { readonly start: number; readonly lost: number; readonly crash: number },
): FakeBehaviour {
  return {
    start: () => {
      const afterMs = 10 + random.uniform() * 200;
      return random.uniform() < trouble.start ? { afterMs, fails: new Error("no sandbox") } : { afterMs };
    },
    run: () => ({
      afterMs: 1 + random.uniform() * 300,
      lost: random.uniform() < trouble.lost,
      crashes: random.uniform() < trouble.crash,
    }),
  };
}
