import { type Clock, invariant, invokeLimits, type Log, ServiceError, toError } from "../../base/index.ts";
import type {
  Environment,
  EnvironmentHost,
  EnvironmentListener,
  EnvironmentSpec,
  Invocation,
} from "../../environments/index.ts";
import type { FunctionCatalog, ResolvedFunction } from "../../functions/index.ts";
import { fail, throttled } from "../errors.ts";
import type { InvokerCounts } from "../interfaces.ts";
import type { CreationBudget } from "./creation-budget.ts";
import { type AdmittedRequest, type Completed, Pool, poolKey } from "./pool.ts";
import type { Lane } from "./waiting-queue.ts";

export interface AdmissionOptions {
  readonly catalog: Pick<FunctionCatalog, "resolve" | "onSuperseded">;
  readonly host: Pick<EnvironmentHost, "assign">;
  readonly specify: (target: ResolvedFunction) => Promise<EnvironmentSpec>;
  readonly budget: CreationBudget;
  /** Environments that this machine holds at most, whatever the accounts' limits allow. */
  readonly mostEnvironments: number;
  readonly clock: Clock;
  readonly log: Log;
}

export type AdmissionCounts = Omit<InvokerCounts, "unsettledEvents">;

/**
 * Brings invocations and environments together. An idle environment is the only thing that takes work: the one that
 * became idle last gets it. Without one the request waits, first in first out, and an environment is created for it
 * within the creation budget; whichever becomes idle first serves it.
 *
 * Concurrency limits are limits on environments granted, so an invocation that finds one idle checks nothing.
 */
export class Admission {
  readonly #options: AdmissionOptions;
  readonly #clock: Clock;
  readonly #log: Log;
  /** The pools that take work. */
  readonly #pools = new Map<string, Pool>();
  /** Those and the superseded ones that still hold environments. */
  readonly #allPools = new Set<Pool>();
  /** Pools that want an environment, in the order of their turn. */
  readonly #demand = new Set<Pool>();
  #environments = 0;
  /** Idle environments that were told to go and still take up room. */
  #leaving = 0;
  #inFlight = 0;
  #coldStarts = 0;
  #throttles = 0;
  #whenQuiet: (() => void)[] = [];

  constructor(options: AdmissionOptions) {
    this.#options = options;
    this.#clock = options.clock;
    this.#log = options.log;
    options.catalog.onSuperseded((key) => this.#supersede(poolKey(key)));
  }

  /** Runs an invocation on an environment of its function. Throws the ServiceError of a throttle at once. */
  admit(
    target: ResolvedFunction,
    invocation: Invocation,
    lane: Lane,
    respondTo?: AdmittedRequest["respondTo"],
  ): Promise<Completed> {
    return new Promise((resolve, reject) => {
      const request: AdmittedRequest = {
        target,
        invocation,
        lane,
        respondTo,
        admittedAt: this.#clock.monotonicMs(),
        losses: 0,
        succeed: (completed) => {
          this.#settled();
          resolve(completed);
        },
        fail: (error) => {
          this.#settled();
          reject(toError(error));
        },
      };
      this.#inFlight += 1;
      this.#place(request);
    });
  }

  /** Resolves when no invocation runs or waits. */
  quiet(): Promise<void> {
    if (this.#inFlight === 0) return Promise.resolve();
    return new Promise((resolve) => this.#whenQuiet.push(resolve));
  }

  counts(): AdmissionCounts {
    let waiting = 0;
    let starting = 0;
    let busy = 0;
    for (const pool of this.#allPools) {
      waiting += pool.waiting.size;
      starting += pool.starting;
      busy += pool.busy;
    }
    return {
      inFlight: this.#inFlight,
      waiting,
      environments: this.#environments,
      starting,
      busy,
      coldStarts: this.#coldStarts,
      throttles: this.#throttles,
    };
  }

  #throttle(request: AdmittedRequest, refusal: ServiceError): void {
    this.#throttles += 1;
    request.fail(refusal);
  }

  #settled(): void {
    this.#inFlight -= 1;
    if (this.#inFlight > 0) return;
    const listeners = this.#whenQuiet;
    this.#whenQuiet = [];
    for (const listener of listeners) listener();
  }

  #place(request: AdmittedRequest): void {
    const pool = this.#poolOf(request.target);
    for (let idle = pool.popIdle(); idle !== undefined; idle = pool.popIdle()) {
      // The host may be taking an environment down and not have said so yet.
      if (!idle.idle) continue;
      this.#run(pool, idle, request);
      return;
    }
    const refusal = this.#refusal(pool);
    if (refusal !== undefined) {
      this.#throttle(request, refusal);
      this.#tidy(pool);
      return;
    }
    pool.waiting.add(request);
    this.#wait(pool, request);
  }

  #wait(pool: Pool, request: AdmittedRequest): void {
    const timer = this.#clock.after(invokeLimits.waitMs, () => {
      if (!pool.waiting.remove(request)) return;
      this.#throttle(request, throttled("ConcurrentInvocationLimitExceeded"));
      this.#tidy(pool);
    });
    request.stopWaiting = () => timer.cancel();
    this.#pump(pool);
  }

  #poolOf(target: ResolvedFunction): Pool {
    const key = poolKey(target);
    let pool = this.#pools.get(key);
    if (pool === undefined) {
      pool = new Pool(target);
      this.#pools.set(key, pool);
      this.#allPools.add(pool);
    }
    return pool;
  }

  /** Why a request that needs one more environment, or a place in the queue, does not get it. */
  #refusal(pool: Pool): ServiceError | undefined {
    if (pool.waiting.size >= invokeLimits.waitingRequests)
      return throttled("ConcurrentInvocationLimitExceeded");
    if (pool.waiting.size < pool.starting) return undefined;
    if (this.#granted(pool.accountKey) < invokeLimits.accountConcurrency) return undefined;
    const given = this.#retireLongestIdle((other) => other.accountKey === pool.accountKey);
    return given ? undefined : throttled("ConcurrentInvocationLimitExceeded");
  }

  #granted(accountKey: string): number {
    let granted = 0;
    for (const pool of this.#allPools) if (pool.accountKey === accountKey) granted += pool.granted;
    return granted;
  }

  #run(pool: Pool, environment: Environment, request: AdmittedRequest): void {
    const member = pool.members.get(environment);
    invariant(
      member !== undefined && member.phase !== "busy",
      "work was given to an environment that has some",
    );
    member.phase = "busy";
    pool.busy += 1;
    request.stopWaiting?.();
    environment.dispatch(request.invocation, request.respondTo?.(request.target)).then(
      (outcome) => request.succeed({ outcome, target: request.target }),
      (error: unknown) => this.#lost(pool, request, toError(error)),
    );
  }

  /** The environment went away before the invocation began; `onGone` settles its own side. */
  #lost(pool: Pool, request: AdmittedRequest, error: Error): void {
    request.losses += 1;
    this.#log.warn("environment lost before an invocation", {
      function: pool.target.arn,
      requestId: request.invocation.requestId,
      error,
    });
    if (request.losses > invokeLimits.lostEnvironments) {
      request.fail(fail("ServiceException"));
    } else if (this.#pools.get(pool.key) !== pool) {
      // Superseded, or given up because the lost environment was its last.
      this.#placeAgain(request);
    } else {
      pool.waiting.putBack(request);
      this.#wait(pool, request);
    }
  }

  /** Creates environments as long as somebody wants one and there is room, one pool after the other. */
  #pump(changed?: Pool): void {
    if (changed?.wantsEnvironment === true) this.#demand.add(changed);
    while (this.#options.budget.free) {
      const [pool] = this.#demand;
      if (pool === undefined) return;
      if (pool.wantsEnvironment && this.#environments >= this.#options.mostEnvironments) {
        if (this.#leaving === 0) this.#retireLongestIdle(() => true);
        return;
      }
      this.#demand.delete(pool);
      if (!pool.wantsEnvironment) continue;
      void this.#create(pool);
      if (pool.wantsEnvironment) this.#demand.add(pool);
    }
  }

  async #create(pool: Pool): Promise<void> {
    pool.starting += 1;
    this.#environments += 1;
    const release = this.#options.budget.take(() => this.#pump(pool));
    /** Runs once, when the environment is idle for the first time or will never be. */
    let started = false;
    const onStarted = (): boolean => {
      if (started) return false;
      started = true;
      pool.starting -= 1;
      release();
      return true;
    };
    const listener: EnvironmentListener = {
      onIdle: (environment) => {
        this.#join(pool, environment);
        if (onStarted()) this.#coldStarts += 1;
        this.#onIdle(pool, environment);
      },
      onGone: (environment, error) => {
        this.#join(pool, environment);
        const neverCameUp = onStarted();
        this.#leave(pool, environment);
        if (neverCameUp) this.#creationFailed(pool, error);
        this.#pump(pool);
        this.#tidy(pool);
      },
    };
    try {
      const spec = await this.#options.specify(pool.target);
      if (pool.closed) throw new Error("the function was changed before the environment was created");
      const environment = this.#options.host.assign(spec, listener);
      if (!started) this.#join(pool, environment);
    } catch (thrown) {
      if (!onStarted()) {
        this.#log.error("environment host failed", { function: pool.target.arn, error: toError(thrown) });
        return;
      }
      this.#environments -= 1;
      this.#creationFailed(pool, toError(thrown));
      this.#pump(pool);
      this.#tidy(pool);
    }
  }

  #join(pool: Pool, environment: Environment): void {
    if (!pool.members.has(environment)) {
      pool.members.set(environment, { phase: "starting", retiring: false, leaving: false });
    }
  }

  /** Fails the one request that this environment would have served, if the others are still provided for. */
  #creationFailed(pool: Pool, error: Error | undefined): void {
    if (pool.closed || pool.waiting.size <= pool.starting) return;
    const request = pool.waiting.take();
    if (request === undefined) return;
    request.stopWaiting?.();
    if (error instanceof ServiceError) {
      request.fail(error);
      return;
    }
    this.#log.error("environment did not come up", { function: pool.target.arn, error });
    request.fail(fail("ServiceException"));
  }

  #onIdle(pool: Pool, environment: Environment): void {
    const member = pool.members.get(environment);
    invariant(member !== undefined, "an unknown environment is idle");
    if (member.phase === "busy") pool.busy -= 1;
    member.phase = "idle";
    if (member.retiring) return;
    if (pool.closed || this.#mustMakeRoom(pool)) {
      this.#retire(pool, environment);
      return;
    }
    const request = pool.waiting.take();
    if (request === undefined) pool.pushIdle(environment, this.#clock.monotonicMs());
    else this.#run(pool, environment, request);
    this.#pump();
  }

  #leave(pool: Pool, environment: Environment): void {
    const member = pool.members.get(environment);
    invariant(member !== undefined, "an unknown environment is gone");
    pool.members.delete(environment);
    this.#environments -= 1;
    if (member.phase === "busy") pool.busy -= 1;
    if (member.phase === "idle") pool.removeIdle(environment);
    if (member.leaving) this.#leaving -= 1;
  }

  /** The machine is full, and another function has waited long without holding a single environment. */
  #mustMakeRoom(pool: Pool): boolean {
    if (this.#environments < this.#options.mostEnvironments || this.#leaving > 0) return false;
    const oldest = this.#clock.monotonicMs() - invokeLimits.starvationMs;
    for (const other of this.#demand) {
      if (other === pool || other.members.size > 0 || other.starting > 0) continue;
      if ((other.waiting.peek()?.admittedAt ?? oldest) < oldest) return true;
    }
    return false;
  }

  #retireLongestIdle(among: (pool: Pool) => boolean): boolean {
    let chosen: Pool | undefined;
    for (const pool of this.#allPools) {
      if (pool.idleSince === undefined || !among(pool)) continue;
      if (chosen?.idleSince === undefined || pool.idleSince < chosen.idleSince) chosen = pool;
    }
    const environment = chosen?.takeOldestIdle();
    if (chosen === undefined || environment === undefined) return false;
    this.#retire(chosen, environment);
    return true;
  }

  #retire(pool: Pool, environment: Environment): void {
    const member = pool.members.get(environment);
    if (member === undefined || member.retiring) return;
    member.retiring = true;
    if (member.phase === "idle") {
      member.leaving = true;
      this.#leaving += 1;
    }
    environment.retire().catch((thrown: unknown) => {
      this.#log.error("environment could not be retired", {
        environment: environment.id,
        error: toError(thrown),
      });
    });
  }

  /** The generation stops being current: its environments finish what they run, what waits goes to the next one. */
  #supersede(key: string): void {
    const pool = this.#pools.get(key);
    if (pool === undefined) return;
    pool.closed = true;
    this.#pools.delete(key);
    this.#demand.delete(pool);
    while (pool.popIdle() !== undefined);
    for (const environment of pool.members.keys()) this.#retire(pool, environment);
    const moving = pool.waiting.takeAll();
    this.#tidy(pool);
    // Not now: whoever announces the change may not have finished making it.
    queueMicrotask(() => {
      for (const request of moving) this.#placeAgain(request);
    });
  }

  #placeAgain(request: AdmittedRequest): void {
    request.stopWaiting?.();
    const { account, region, invokedArn } = request.target;
    try {
      request.target = this.#options.catalog.resolve({ account, region, functionName: invokedArn });
    } catch (error) {
      request.fail(error);
      return;
    }
    this.#place(request);
  }

  #tidy(pool: Pool): void {
    if (!pool.empty) return;
    this.#allPools.delete(pool);
    this.#demand.delete(pool);
    if (this.#pools.get(pool.key) === pool) this.#pools.delete(pool.key);
  }
}
