import { type Clock, invariant, invokeLimits } from "../../base/index.ts";
import type { FunctionCatalog, ResolvedFunction } from "../../functions/index.ts";
import type { ThrottleReason } from "../errors.ts";
import type { Pool } from "./pool.ts";
import { TokenBucket } from "./token-bucket.ts";

/**
 * The functions that share a limit: one with a reserve of its own, or all of an account and region without one.
 * https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html
 */
export class ConcurrencyGroup {
  readonly pools = new Set<Pool>();
  readonly reserved: boolean;
  /** On-demand environments at most; what is provisioned comes on top. */
  limit = 0;
  /** A reserve of nothing: no invocation runs, not even on what is provisioned. */
  stopped = false;
  /** There may be more environments than the limit, since it was lowered. */
  shrinking = false;
  readonly #requests: TokenBucket;

  constructor(reserved: boolean, clock: Clock) {
    this.reserved = reserved;
    this.#requests = new TokenBucket(clock, 0, 0);
  }

  /** On-demand concurrency in use: environments that exist, and requests that one will be made for. */
  get granted(): number {
    let granted = 0;
    for (const pool of this.pools) granted += pool.granted;
    return granted;
  }

  /** `total` counts what is provisioned too, as far as the limit is on both. */
  setLimit(limit: number, total: number): void {
    this.limit = limit;
    this.stopped = this.reserved && total === 0;
    const perSecond = total * invokeLimits.requestsPerSecondOfConcurrency;
    this.#requests.resize(perSecond, perSecond);
    this.shrinking = this.granted > limit;
  }

  /** Whether the rate that the group's concurrency allows has room for a request. */
  get hasRequest(): boolean {
    return this.#requests.available > 0;
  }

  takeRequest(): void {
    this.#requests.take();
  }

  get concurrencyReason(): ThrottleReason {
    return this.reserved
      ? "ReservedFunctionConcurrentInvocationLimitExceeded"
      : "ConcurrentInvocationLimitExceeded";
  }

  get rateReason(): ThrottleReason {
    return this.reserved
      ? "ReservedFunctionInvocationRateLimitExceeded"
      : "FunctionInvocationRateLimitExceeded";
  }
}

/** One function, over all its versions. */
export interface FunctionShare {
  readonly arn: string;
  readonly accountKey: string;
  group: ConcurrencyGroup;
  readonly pools: Set<Pool>;
  /** Environments that may still be made, https://docs.aws.amazon.com/lambda/latest/dg/scaling-behavior.html */
  readonly scaling: TokenBucket;
}

type Catalog = Pick<FunctionCatalog, "concurrency" | "unreservedConcurrency">;

/** Which limit each function is under. Follows the settings when it is told that they changed. */
export class ConcurrencyGroups {
  readonly #catalog: Catalog;
  readonly #clock: Clock;
  readonly #accounts = new Map<string, ConcurrencyGroup>();
  readonly #shares = new Map<string, FunctionShare>();
  /** Shares of functions without a pool, kept until what they took of their rate has grown back. */
  readonly #resting = new Set<FunctionShare>();

  constructor(catalog: Catalog, clock: Clock) {
    this.#catalog = catalog;
    this.#clock = clock;
  }

  add(pool: Pool, target: ResolvedFunction): FunctionShare {
    let share = this.#shares.get(target.arn);
    if (share === undefined) {
      this.#forgetRested();
      const { newEnvironments, newEnvironmentsPerSecond } = invokeLimits;
      share = {
        arn: target.arn,
        accountKey: accountKeyOf(target),
        group: this.#groupFor(target.arn, target),
        pools: new Set(),
        scaling: new TokenBucket(this.#clock, newEnvironments, newEnvironmentsPerSecond),
      };
      this.#shares.set(target.arn, share);
    }
    this.#resting.delete(share);
    share.pools.add(pool);
    share.group.pools.add(pool);
    return share;
  }

  remove(pool: Pool): void {
    const { share } = pool;
    share.pools.delete(pool);
    share.group.pools.delete(pool);
    if (share.pools.size > 0) return;
    this.#resting.add(share);
    this.#forgetRested();
  }

  #forgetRested(): void {
    for (const share of this.#resting) {
      if (share.scaling.available < invokeLimits.newEnvironments) return;
      this.#resting.delete(share);
      this.#shares.delete(share.arn);
    }
  }

  /** Pools of a function that has any. */
  poolsOf(arn: string): Iterable<Pool> {
    return this.#shares.get(arn)?.pools ?? [];
  }

  /**
   * The settings of a function changed; those of all that share the account's rest change with them. Gives the groups
   * that may have another limit.
   */
  refresh(arn: string): ReadonlySet<ConcurrencyGroup> {
    const changed = new Set<ConcurrencyGroup>();
    const share = this.#shares.get(arn);
    if (share !== undefined) {
      for (const pool of share.pools) share.group.pools.delete(pool);
      share.group = this.#groupFor(arn, scopeOf(share.accountKey), share.group);
      for (const pool of share.pools) share.group.pools.add(pool);
      if (share.group.reserved) this.#limitReserved(share.group, arn);
      changed.add(share.group);
    }
    const [, , , region = "", account = ""] = arn.split(":");
    const scope = { account, region };
    const rest = this.#accounts.get(accountKeyOf(scope));
    if (rest !== undefined) {
      this.#limitRest(rest, scope);
      changed.add(rest);
    }
    return changed;
  }

  #groupFor(
    arn: string,
    scope: { readonly account: string; readonly region: string },
    present?: ConcurrencyGroup,
  ): ConcurrencyGroup {
    if (this.#catalog.concurrency(arn)?.reserved !== undefined) {
      const group = present?.reserved === true ? present : new ConcurrencyGroup(true, this.#clock);
      this.#limitReserved(group, arn);
      return group;
    }
    const key = accountKeyOf(scope);
    let group = this.#accounts.get(key);
    if (group === undefined) {
      group = new ConcurrencyGroup(false, this.#clock);
      this.#accounts.set(key, group);
      this.#limitRest(group, scope);
    }
    return group;
  }

  #limitReserved(group: ConcurrencyGroup, arn: string): void {
    const { reserved, provisioned } = this.#catalog.concurrency(arn) ?? {};
    invariant(reserved !== undefined && provisioned !== undefined, "a reserve without a size");
    const ahead = provisioned.reduce((sum, { requested }) => sum + requested, 0);
    group.setLimit(Math.max(0, reserved - ahead), reserved);
  }

  #limitRest(group: ConcurrencyGroup, scope: { readonly account: string; readonly region: string }): void {
    const limit = this.#catalog.unreservedConcurrency(scope);
    group.setLimit(limit, limit);
  }
}

export function accountKeyOf({
  account,
  region,
}: {
  readonly account: string;
  readonly region: string;
}): string {
  return `${account}/${region}`;
}

function scopeOf(accountKey: string): { readonly account: string; readonly region: string } {
  const [account = "", region = ""] = accountKey.split("/");
  return { account, region };
}
