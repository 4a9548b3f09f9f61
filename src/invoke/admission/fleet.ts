import { invokeLimits, type Log, toError } from "../../base/index.ts";
import type { ResolvedFunction } from "../../functions/index.ts";
import type { ConcurrencyGroup } from "./concurrency-groups.ts";
import type { FleetCounts, FleetListener, FleetOptions } from "./fleet-options.ts";
import { KeepAlive } from "./keep-alive.ts";
import { Members } from "./members.ts";
import { generationKey, type Pool } from "./pool.ts";
import { Pools } from "./pools.ts";
import { Provisioning } from "./provisioning.ts";
import { Room } from "./room.ts";
import { StartTurns } from "./start-turns.ts";

/** The environments of this node: has them made for who waits, keeps what is provisioned, and lets surplus go. */
export class Fleet {
  readonly pools: Pools;
  readonly members: Members;
  readonly #options: FleetOptions;
  readonly #listener: FleetListener;
  readonly #log: Log;
  readonly #keepAlive: KeepAlive;
  readonly #room: Room;
  readonly #turns: StartTurns;
  readonly #provisioning: Provisioning;
  /** Pools whose next request is expected. */
  readonly #expecting = new Set<Pool>();
  #stopped = false;

  constructor(options: FleetOptions, listener: FleetListener) {
    const { catalog, budget, log } = options;
    this.#options = options;
    this.#listener = listener;
    this.#log = log;
    this.#keepAlive = new KeepAlive(options, {
      pools: () => this.pools.all,
      onUnwanted: (pool, environment) => this.members.retire(pool, environment),
      onExpected: (pool) => {
        this.#expecting.add(pool);
        this.pump();
      },
      onGivenUp: (pool) => this.tidy(pool),
    });
    this.pools = new Pools(options, this.#keepAlive);
    this.#room = new Room(options, this.#keepAlive, {
      pools: () => this.pools.all,
      onRetry: () => this.pump(),
    });
    this.#turns = new StartTurns(options, this.#room, {
      onRetry: () => this.pump(),
      onHeld: (pool) => this.pump(pool),
    });
    this.#provisioning = new Provisioning(options, {
      poolsOf: (arn) => this.pools.groups.poolsOf(arn),
      poolOf: (target) => this.pools.of(target, undefined),
      onUnwanted: (pool, environment) => this.members.retire(pool, environment),
      onReleased: (pool) => this.tidy(pool),
      onRetry: (pool) => this.pump(pool),
    });
    this.members = new Members(
      options,
      {
        room: this.#room,
        turns: this.#turns,
        keepAlive: this.#keepAlive,
        provisioning: this.#provisioning,
      },
      {
        onFree: (pool, environment) => listener.onFree(pool, environment),
        onCreationFailed: (pool, error) => listener.onCreationFailed(pool, error),
        onRoom: (pool) => this.pump(pool),
        onIdle: () => this.#pumpIfWanted(),
        onLess: (pool) => this.tidy(pool),
      },
    );
    budget.onSpareDone(() => this.pump());
    catalog.onSuperseded((key) => this.#supersede(key.arn, generationKey(key)));
    catalog.onReloaded((target, { alone }) => this.#renew(target, alone));
    catalog.onConcurrencyChanged((arn) => this.#concurrencyChanged(arn));
  }

  /** Makes ready what is provisioned, and learns what earlier runs knew of when functions are used. */
  start(): void {
    this.#keepAlive.recall().catch((error: unknown) => {
      this.#log.warn("the habits of functions could not be read", { error: toError(error) });
    });
    this.#provisioning.start();
    this.pump();
  }

  /** Makes nothing ready ahead of demand any more. */
  stop(): void {
    this.#stopped = true;
    this.#provisioning.wanting.clear();
    this.#expecting.clear();
  }

  counts(): FleetCounts {
    let waiting = 0;
    let starting = 0;
    let busy = 0;
    for (const pool of this.pools.all) {
      waiting += pool.waiting.size;
      starting += pool.starting + pool.provisionedStarting;
      busy += pool.busy + pool.busyProvisioned;
    }
    const { environments } = this.#room;
    const { coldStarts } = this.members;
    return { waiting, environments, starting, busy, coldStarts, ...this.#keepAlive.counts() };
  }

  /** Whether the limits let one more request of this pool wait for an environment; idle ones of others make room. */
  mayGrow(pool: Pool): boolean {
    if (pool.waiting.size >= invokeLimits.waitingRequests) return false;
    if (pool.waiting.size < pool.starting) return true;
    const { share } = pool;
    let outstanding = 0;
    for (const other of share.pools) outstanding += other.unserved;
    if (outstanding >= share.scaling.available) return false;
    const { group } = share;
    if (group.granted < group.limit) return true;
    return this.#keepAlive.evict(group.pools) !== undefined;
  }

  /** Creates environments as long as somebody wants one and there is room, one pool after the other. */
  pump(changed?: Pool): void {
    if (changed !== undefined && changed.unserved > 0) this.#turns.ask(changed);
    if (changed?.wantsProvisioned === true) this.#provisioning.wanting.add(changed);
    const { budget } = this.#options;
    while (budget.freeFor("first")) {
      const pool = this.#turns.next();
      if (pool === undefined) break;
      pool.share.scaling.take();
      void this.members.create(pool, "request");
      if (pool.unserved > 0) this.#turns.ask(pool);
    }
    if (this.#turns.short) return;
    while (!this.#stopped && budget.freeFor("further")) {
      const [pool] = this.#provisioning.wanting;
      if (pool === undefined) {
        this.#warmAhead();
        return;
      }
      if (pool.wantsProvisioned && this.#room.missingMiB(pool) > 0) {
        this.#room.retryLater();
        return;
      }
      this.#provisioning.wanting.delete(pool);
      if (!pool.wantsProvisioned) continue;
      void this.members.create(pool, "provisioned");
      if (pool.wantsProvisioned) this.#provisioning.wanting.add(pool);
    }
  }

  #pumpIfWanted(): void {
    if (this.#turns.anyWants || this.#provisioning.wanting.size > 0 || this.#expecting.size > 0) this.pump();
  }

  /** Only where nothing stands against it: nobody asked for it yet. */
  #warmAhead(): void {
    const { budget } = this.#options;
    for (const pool of this.#expecting) {
      if (!budget.freeFor("further")) return;
      this.#expecting.delete(pool);
      const { group, scaling } = pool.share;
      const room = this.#room.missingMiB(pool) === 0 && group.granted < group.limit && !group.stopped;
      if (pool.closed || pool.members.size > 0 || pool.starting > 0 || !room || !scaling.take()) {
        this.tidy(pool);
        continue;
      }
      this.#keepAlive.countWarmed(false);
      void this.members.create(pool, "ahead");
    }
  }

  /** The generation stops being current: its environments finish what they run, what waits goes to the next one. */
  #supersede(arn: string, generation: string): void {
    for (const pool of [...this.pools.groups.poolsOf(arn)]) {
      if (pool.closed || generationKey(pool.target) !== generation) continue;
      this.pools.close(pool);
      this.#turns.leave(pool);
      this.#provisioning.wanting.delete(pool);
      this.#expecting.delete(pool);
      pool.idle.clear();
      pool.idleProvisioned.clear();
      for (const environment of pool.members.keys()) this.members.retire(pool, environment);
      this.#listener.onClosed(pool);
      this.tidy(pool);
    }
  }

  /** Of a generation that went an environment was kept: so is one of the next, before it is asked for. */
  #renew(target: ResolvedFunction, wanted: boolean): void {
    const kept = wanted || [...this.pools.groups.poolsOf(target.arn)].some((pool) => pool.keptBefore(target));
    if (kept && !this.#stopped) this.#expecting.add(this.pools.of(target, undefined));
    this.pump();
  }

  #concurrencyChanged(arn: string): void {
    const groups = this.pools.groups.refresh(arn);
    this.#provisioning.changed(arn);
    for (const group of groups) this.#shrink(group);
    this.pump();
  }

  /** Idle environments beyond a lowered limit go at once, busy ones when they come back. */
  #shrink(group: ConcurrencyGroup): void {
    while (group.shrinking && group.granted > group.limit) {
      if (this.#keepAlive.evict(group.pools) === undefined) return;
    }
    group.shrinking = false;
  }

  /** Forgets a pool that holds nothing any more. */
  tidy(pool: Pool): void {
    if (!this.pools.forget(pool)) return;
    this.#turns.leave(pool);
    if (this.pools.all.size > 0) return;
    this.#keepAlive.rest();
    this.#room.rest();
    this.#turns.rest();
  }
}
