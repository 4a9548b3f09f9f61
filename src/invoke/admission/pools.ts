import { type Clock, Deadline } from "../../base/index.ts";
import type { ResolvedFunction } from "../../functions/index.ts";
import { ConcurrencyGroups } from "./concurrency-groups.ts";
import type { FleetOptions } from "./fleet-options.ts";
import type { KeepAlive } from "./keep-alive.ts";
import { habitsKey, Pool, poolKey } from "./pool.ts";

/** The pools of this node, by function version, generation and tenant. */
export class Pools {
  readonly groups: ConcurrencyGroups;
  readonly #clock: Clock;
  readonly #keepAlive: Pick<KeepAlive, "habitsOf">;
  /** Those that take work. */
  readonly #current = new Map<string, Pool>();
  /** And the superseded ones that still hold environments. */
  readonly #all = new Set<Pool>();

  constructor(
    { catalog, clock }: Pick<FleetOptions, "catalog" | "clock">,
    keepAlive: Pick<KeepAlive, "habitsOf">,
  ) {
    this.groups = new ConcurrencyGroups(catalog, clock);
    this.#clock = clock;
    this.#keepAlive = keepAlive;
  }

  get all(): ReadonlySet<Pool> {
    return this.#all;
  }

  /** The pool that takes the work of a function and tenant. */
  of(target: ResolvedFunction, tenantId: string | undefined): Pool {
    const key = poolKey(target, tenantId);
    return this.#current.get(key) ?? this.#make(key, target, tenantId);
  }

  isCurrent(pool: Pool): boolean {
    return this.#current.get(pool.key) === pool;
  }

  #make(key: string, target: ResolvedFunction, tenantId: string | undefined): Pool {
    const pool = new Pool(key, target, new Deadline(this.#clock));
    pool.habits = this.#keepAlive.habitsOf(habitsKey(target, tenantId));
    pool.habits.memory.runsAs(target.generation);
    pool.share = this.groups.add(pool, target);
    this.#current.set(key, pool);
    this.#all.add(pool);
    return pool;
  }

  /** It takes no more work. */
  close(pool: Pool): void {
    pool.closed = true;
    pool.provision = undefined;
    pool.warmAt = undefined;
    this.#current.delete(pool.key);
  }

  /** Forgets a pool that holds nothing any more; whether it did. */
  forget(pool: Pool): boolean {
    if (!pool.empty || !this.#all.delete(pool)) return false;
    this.groups.remove(pool);
    if (this.isCurrent(pool)) this.#current.delete(pool.key);
    return true;
  }
}
