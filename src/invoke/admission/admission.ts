import { type Clock, invokeLimits, type Log, ServiceError, toError } from "../../base/index.ts";
import type { Environment, Invocation } from "../../environments/index.ts";
import type { FunctionCatalog, ResolvedFunction } from "../../functions/index.ts";
import { fail, type ThrottleReason, throttled } from "../errors.ts";
import type { InvokerCounts } from "../interfaces.ts";
import { Fleet } from "./fleet.ts";
import type { FleetCounts, FleetOptions } from "./fleet-options.ts";
import type { AdmittedRequest, Completed, Pool } from "./pool.ts";
import type { Lane } from "./waiting-queue.ts";

export interface AdmissionOptions extends FleetOptions {
  readonly catalog: FleetOptions["catalog"] & Pick<FunctionCatalog, "resolve">;
}

/**
 * Brings invocations and environments together. An idle environment is the only thing that takes work: one that is
 * provisioned, else the one that became idle last. Without one the request waits, first in first out, and an
 * environment is created for it within the creation budget, unless those that are busy will serve it within
 * milliseconds; whichever becomes idle first serves it.
 *
 * Concurrency limits are limits on environments granted, so an invocation that finds one idle checks none of them,
 * only the rate of requests that its function's share allows.
 */
export class Admission {
  readonly #catalog: Pick<FunctionCatalog, "resolve">;
  readonly #fleet: Fleet;
  readonly #clock: Clock;
  readonly #log: Log;
  #inFlight = 0;
  #throttles = 0;
  #whenQuiet: (() => void)[] = [];

  constructor(options: AdmissionOptions) {
    this.#catalog = options.catalog;
    this.#clock = options.clock;
    this.#log = options.log;
    this.#fleet = new Fleet(options, {
      onFree: (pool, environment) => this.#serve(pool, environment),
      onCreationFailed: (pool, error) => this.#creationFailed(pool, error),
      onClosed: (pool) => this.#moveOn(pool),
    });
  }

  /** Makes ready what is provisioned. */
  start(): void {
    this.#fleet.start();
  }

  /** Invocations still run; nothing is made ready ahead of them. */
  stop(): void {
    this.#fleet.stop();
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
      this.#place(request, true);
    });
  }

  /** Resolves when no invocation runs or waits. */
  quiet(): Promise<void> {
    if (this.#inFlight === 0) return Promise.resolve();
    return new Promise((resolve) => this.#whenQuiet.push(resolve));
  }

  counts(): FleetCounts & Pick<InvokerCounts, "inFlight" | "throttles"> {
    return { ...this.#fleet.counts(), inFlight: this.#inFlight, throttles: this.#throttles };
  }

  #settled(): void {
    this.#inFlight -= 1;
    if (this.#inFlight > 0) return;
    const listeners = this.#whenQuiet;
    this.#whenQuiet = [];
    for (const listener of listeners) listener();
  }

  /** `isNew`: it was not counted against the rate of requests yet. */
  #place(request: AdmittedRequest, isNew: boolean): void {
    const pool = this.#fleet.pools.of(request.target, request.invocation.tenantId);
    const { group } = pool.share;
    if (group.stopped) {
      this.#throttle(pool, request, group.concurrencyReason);
      return;
    }
    const ready = pool.idleProvisioned.pop();
    if (ready !== undefined) {
      this.#run(pool, ready, request);
      return;
    }
    if (isNew && !group.hasRequest) {
      this.#throttle(pool, request, group.rateReason);
      return;
    }
    const idle = pool.idle.pop();
    if (idle === undefined && !this.#fleet.mayGrow(pool)) {
      this.#throttle(pool, request, group.concurrencyReason);
      return;
    }
    // What is refused does not count, or a flood of refusals would starve what could run.
    if (isNew) group.takeRequest();
    if (idle !== undefined) this.#run(pool, idle, request);
    else {
      pool.waiting.add(request);
      this.#wait(pool, request);
    }
  }

  #throttle(pool: Pool, request: AdmittedRequest, reason: ThrottleReason): void {
    this.#throttles += 1;
    request.fail(throttled(reason));
    this.#fleet.tidy(pool);
  }

  #wait(pool: Pool, request: AdmittedRequest): void {
    const timer = this.#clock.after(invokeLimits.waitMs, () => {
      if (pool.waiting.remove(request)) this.#throttle(pool, request, pool.share.group.concurrencyReason);
    });
    request.stopWaiting = () => timer.cancel();
    this.#fleet.pump(pool);
  }

  #serve(pool: Pool, environment: Environment): boolean {
    const request = pool.waiting.take();
    if (request === undefined) return false;
    this.#run(pool, environment, request);
    return true;
  }

  #run(pool: Pool, environment: Environment, request: AdmittedRequest): void {
    const member = this.#fleet.members.markBusy(pool, environment);
    request.stopWaiting?.();
    environment.dispatch(request.invocation, request.respondTo?.(request.target)).then(
      (outcome) => {
        this.#fleet.members.dispatched(pool, member);
        request.succeed({ outcome, target: request.target });
      },
      (error: unknown) => {
        this.#lost(pool, request, toError(error));
        this.#fleet.members.dispatched(pool, member);
      },
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
    } else if (!this.#fleet.pools.isCurrent(pool)) {
      // Superseded, or given up because the lost environment was its last.
      this.#placeAgain(request);
    } else {
      pool.waiting.putBack(request);
      this.#wait(pool, request);
    }
  }

  /** Fails the one request that this environment would have served; the others are still provided for. */
  #creationFailed(pool: Pool, error: Error | undefined): void {
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

  #moveOn(pool: Pool): void {
    const moving = pool.waiting.takeAll();
    // Not now: whoever announces the change may not have finished making it.
    queueMicrotask(() => {
      for (const request of moving) this.#placeAgain(request);
    });
  }

  #placeAgain(request: AdmittedRequest): void {
    request.stopWaiting?.();
    const { account, region, invokedArn } = request.target;
    try {
      request.target = this.#catalog.resolve({ account, region, functionName: invokedArn });
    } catch (error) {
      request.fail(error);
      return;
    }
    this.#place(request, false);
  }
}
