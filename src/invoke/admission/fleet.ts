import { type Clock, Deadline, invariant, invokeLimits, type Log, toError } from "../../base/index.ts";
import type { Environment, EnvironmentListener } from "../../environments/index.ts";
import type { ResolvedFunction } from "../../functions/index.ts";
import { type ConcurrencyGroup, ConcurrencyGroups } from "./concurrency-groups.ts";
import type { FleetCounts, FleetListener, FleetOptions, Purpose } from "./fleet-options.ts";
import { Headroom } from "./headroom.ts";
import { KeepAlive } from "./keep-alive.ts";
import { generationKey, habitsKey, type Member, Pool, poolKey } from "./pool.ts";
import { Provisioning } from "./provisioning.ts";
import { hasAny, StartTurns, startKindOf } from "./start-turns.ts";

/** The environments of this node: creates them for who waits, keeps what is provisioned, and lets surplus go. */
export class Fleet {
  readonly #options: FleetOptions;
  readonly #listener: FleetListener;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #groups: ConcurrencyGroups;
  readonly #keepAlive: KeepAlive;
  readonly #headroom: Headroom;
  /** The pools that take work. */
  readonly #pools = new Map<string, Pool>();
  /** Those and the superseded ones that still hold environments. */
  readonly #allPools = new Set<Pool>();
  readonly #turns: StartTurns;
  readonly #provisioning: Provisioning;
  /** Pools whose next request is expected. */
  readonly #expecting = new Set<Pool>();
  #environments = 0;
  #coldStarts = 0;
  #stopped = false;
  /** Somebody waits for an environment that there is no room for. */
  #short = false;
  /** Idle environments that were told to go and still take up room. */
  #leaving = 0;

  constructor(options: FleetOptions, listener: FleetListener) {
    const { catalog, clock, log } = options;
    this.#options = options;
    this.#listener = listener;
    [this.#clock, this.#log] = [clock, log];
    this.#groups = new ConcurrencyGroups(catalog, clock);
    this.#keepAlive = new KeepAlive(options, {
      pools: () => this.#allPools,
      onUnwanted: (pool, environment) => this.#retire(pool, environment),
      onExpected: (pool) => {
        this.#expecting.add(pool);
        this.pump();
      },
      onGivenUp: (pool) => this.tidy(pool),
    });
    this.#turns = new StartTurns(options, () => this.pump());
    this.#headroom = new Headroom(options, { pools: () => this.#allPools, onRetry: () => this.pump() });
    this.#provisioning = new Provisioning(options, {
      poolsOf: (arn) => this.#groups.poolsOf(arn),
      poolOf: (target) => this.poolOf(target, undefined),
      onUnwanted: (pool, environment) => this.#retire(pool, environment),
      onReleased: (pool) => this.tidy(pool),
      onRetry: (pool) => this.pump(pool),
    });
    options.budget.onSpareDone(() => this.pump());
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
    for (const pool of this.#allPools) {
      waiting += pool.waiting.size;
      starting += pool.starting + pool.provisionedStarting;
      busy += pool.busy + pool.busyProvisioned;
    }
    const { environments, coldStarts } = { environments: this.#environments, coldStarts: this.#coldStarts };
    return { waiting, environments, starting, busy, coldStarts, ...this.#keepAlive.counts() };
  }

  poolOf(target: ResolvedFunction, tenantId: string | undefined): Pool {
    const key = poolKey(target, tenantId);
    return this.#pools.get(key) ?? this.#makePool(key, target, tenantId);
  }

  isCurrent(pool: Pool): boolean {
    return this.#pools.get(pool.key) === pool;
  }

  #makePool(key: string, target: ResolvedFunction, tenantId: string | undefined): Pool {
    const pool = new Pool(key, target, new Deadline(this.#clock));
    pool.habits = this.#keepAlive.habitsOf(habitsKey(target, tenantId));
    pool.habits.memory.runsAs(target.generation);
    pool.share = this.#groups.add(pool, target);
    this.#pools.set(key, pool);
    this.#allPools.add(pool);
    return pool;
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

  /** A request is about to be dispatched; its end is told to `dispatched`. */
  markBusy(pool: Pool, environment: Environment): Member {
    const member = pool.members.get(environment);
    invariant(
      member !== undefined && member.phase !== "busy",
      "work was given to an environment that has some",
    );
    member.phase = "busy";
    member.busySince = this.#clock.monotonicMs();
    member.dispatches += 1;
    if (member.ahead) this.#keepAlive.countWarmed(true);
    member.ahead = false;
    pool.warmAt = undefined;
    this.#countBusy(pool, member.provisioned, 1);
    return member;
  }

  /**
   * The outcome is known, or the environment was lost and the request waits again: its place in the limits passes to
   * the request without a moment in which somebody else could take it.
   */
  dispatched(pool: Pool, member: Member): void {
    member.dispatches -= 1;
    if (!member.gone || member.dispatches > 0) return;
    this.#countBusy(pool, member.provisioned, -1);
    this.tidy(pool);
  }

  #countBusy(pool: Pool, provisioned: boolean, change: 1 | -1): void {
    if (provisioned) pool.busyProvisioned += change;
    else pool.busy += change;
    if (change === 1) pool.habits.began();
    else pool.habits.ended();
  }

  /** Creates environments as long as somebody wants one and there is room, one pool after the other. */
  pump(changed?: Pool): void {
    if (changed !== undefined && changed.unserved > 0) this.#ask(changed);
    if (changed?.wantsProvisioned === true) this.#provisioning.wanting.add(changed);
    const { budget } = this.#options;
    while (budget.freeFor("first")) {
      const pool = this.#nextInNeed();
      if (pool === undefined) break;
      this.#turns.wanting.delete(pool);
      pool.share.scaling.take();
      void this.#create(pool, "request");
      if (pool.unserved > 0) this.#ask(pool);
    }
    if (this.#short) return;
    while (!this.#stopped && budget.freeFor("further")) {
      const [pool] = this.#provisioning.wanting;
      if (pool === undefined) {
        this.#warmAhead();
        return;
      }
      if (pool.wantsProvisioned && this.#missingMiB(pool) > 0) {
        this.#headroom.retryLater();
        return;
      }
      this.#provisioning.wanting.delete(pool);
      if (!pool.wantsProvisioned) continue;
      void this.#create(pool, "provisioned");
      if (pool.wantsProvisioned) this.#provisioning.wanting.add(pool);
    }
  }

  /** Requests wait that nothing is on its way for: what is busy is about to serve them, or environments are created. */
  #ask(pool: Pool): void {
    const now = this.#clock.monotonicMs();
    if (pool.wantsEnvironment(now)) {
      this.#turns.wanting.add(pool);
      return;
    }
    const since = pool.waiting.peek()?.admittedAt ?? now;
    pool.heldUntil.set(Math.max(since + invokeLimits.growthHeldMs - now, 1), () => this.pump(pool));
  }

  /**
   * The next pool whose request gets an environment. Those that there is no memory for are passed by, unless one has
   * waited long without having any.
   */
  #nextInNeed(): Pool | undefined {
    this.#short = false;
    const nowMs = this.#clock.monotonicMs();
    for (const pool of this.#turns.inTurn()) {
      if (!pool.wantsEnvironment(nowMs)) {
        this.#turns.wanting.delete(pool);
        if (pool.unserved > 0) this.#ask(pool);
        continue;
      }
      const missingMiB = this.#missingMiB(pool);
      if (missingMiB === 0) return pool;
      if (!this.#short) this.#makeRoom(missingMiB);
      this.#short = true;
      if (this.#full || this.#starves(pool)) return undefined;
    }
    return undefined;
  }

  get #full(): boolean {
    return this.#environments >= this.#options.mostEnvironments;
  }

  /** Memory that another environment of a pool lacks. The only one of a machine is never refused. */
  #missingMiB(pool: Pool): number {
    if (this.#full) return Number.POSITIVE_INFINITY;
    return this.#environments === 0 ? 0 : this.#headroom.missingMiB(pool);
  }

  #makeRoom(missingMiB: number): void {
    if (this.#leaving === 0) this.#keepAlive.makeRoom(this.#full ? 0 : missingMiB);
    if (!this.#full) this.#headroom.retryLater();
  }

  /** Only where nothing stands against it: nobody asked for it yet. */
  #warmAhead(): void {
    const { budget } = this.#options;
    for (const pool of this.#expecting) {
      if (!budget.freeFor("further")) return;
      this.#expecting.delete(pool);
      const { group, scaling } = pool.share;
      const room = this.#missingMiB(pool) === 0 && group.granted < group.limit && !group.stopped;
      if (pool.closed || pool.members.size > 0 || pool.starting > 0 || !room || !scaling.take()) {
        this.tidy(pool);
        continue;
      }
      this.#keepAlive.countWarmed(false);
      void this.#create(pool, "ahead");
    }
  }

  async #create(pool: Pool, purpose: Purpose): Promise<void> {
    const provisioned = purpose === "provisioned";
    const begunAt = this.#clock.monotonicMs();
    const count = (change: 1 | -1): void => {
      if (provisioned) pool.provisionedStarting += change;
      else pool.starting += change;
    };
    const kind = provisioned && hasAny(pool.share) ? "further" : startKindOf(pool);
    this.#headroom.took(pool);
    count(1);
    this.#environments += 1;
    const release = this.#options.budget.take(() => this.pump(pool), kind);
    /** Runs once, when the environment is idle for the first time or will never be. */
    let started = false;
    const onStarted = (): boolean => {
      if (started) return false;
      started = true;
      count(-1);
      release();
      return true;
    };
    const onFailed = (error: Error | undefined): void => {
      if (provisioned) this.#provisioning.failed(pool, error);
      // A request that counted on one that was made ahead gets one of its own.
      else if (purpose === "request" && !pool.closed && pool.waiting.size > pool.starting)
        this.#listener.onCreationFailed(pool, error);
    };
    const listener: EnvironmentListener = {
      onIdle: (environment) => {
        this.#join(pool, environment, purpose);
        const first = onStarted();
        if (first) pool.habits.cameUp(this.#clock.monotonicMs() - begunAt);
        if (first && purpose === "request") this.#coldStarts += 1;
        this.#onIdle(pool, environment);
        if (first && provisioned) this.#provisioning.report(pool);
      },
      onGone: (environment, error) => {
        this.#join(pool, environment, purpose);
        const neverCameUp = onStarted();
        this.#leave(pool, environment);
        if (neverCameUp) onFailed(error);
        else if (provisioned) this.#provisioning.report(pool);
        this.pump(pool);
        this.tidy(pool);
      },
    };
    try {
      const spec = await this.#options.specify(pool.target, pool.key, purpose);
      if (pool.closed) throw new Error("the function was changed before the environment was created");
      const environment = this.#options.host.assign(spec, listener);
      if (!started) this.#join(pool, environment, purpose);
    } catch (thrown) {
      if (!onStarted()) {
        this.#log.error("environment host failed", { function: pool.target.arn, error: toError(thrown) });
        return;
      }
      this.#environments -= 1;
      onFailed(toError(thrown));
      this.pump(pool);
      this.tidy(pool);
    }
  }

  #join(pool: Pool, environment: Environment, purpose: Purpose): void {
    if (!pool.members.has(environment)) {
      this.#keepAlive.watch();
      pool.members.set(environment, {
        phase: "starting",
        busySince: 0,
        provisioned: purpose === "provisioned",
        ahead: purpose === "ahead",
        dispatches: 0,
        gone: false,
        retiring: false,
        leaving: false,
        worked: false,
        readAt: Number.NEGATIVE_INFINITY,
      });
    }
  }

  #onIdle(pool: Pool, environment: Environment): void {
    const member = pool.members.get(environment);
    invariant(member !== undefined, "an unknown environment is idle");
    const now = this.#clock.monotonicMs();
    if (member.phase === "busy") {
      this.#countBusy(pool, member.provisioned, -1);
      pool.habits.ran(now - member.busySince);
      this.#headroom.saw(pool, member, environment.memoryMiB);
    }
    member.phase = "idle";
    if (member.retiring) return;
    const surplus = member.provisioned ? pool.provisionedMissing < 0 : this.#isSurplus(pool);
    const room = !environment.debugged && this.#mustMakeRoom(pool);
    if (pool.closed || surplus || room) {
      this.#retire(pool, environment);
      return;
    }
    if (!this.#listener.onFree(pool, environment)) {
      const stack = member.provisioned ? pool.idleProvisioned : pool.idle;
      stack.push(environment, now);
    }
    if (this.#turns.wanting.size > 0 || this.#provisioning.wanting.size > 0 || this.#expecting.size > 0)
      this.pump();
  }

  /** After a limit was lowered, what comes back beyond it goes. */
  #isSurplus({ share: { group } }: Pool): boolean {
    if (!group.shrinking) return false;
    // The one that came back is in nobody's count any more.
    if (group.granted >= group.limit) return true;
    group.shrinking = false;
    return false;
  }

  #leave(pool: Pool, environment: Environment): void {
    const member = pool.members.get(environment);
    invariant(member !== undefined, "an unknown environment is gone");
    pool.members.delete(environment);
    this.#environments -= 1;
    if (member.phase === "busy") {
      if (member.dispatches > 0) member.gone = true;
      else this.#countBusy(pool, member.provisioned, -1);
    }
    if (member.phase === "idle") (member.provisioned ? pool.idleProvisioned : pool.idle).remove(environment);
    if (member.leaving) this.#leaving -= 1;
  }

  /** There is no room, and another function has waited long without holding a single environment. */
  #mustMakeRoom(pool: Pool): boolean {
    if (!this.#short || this.#leaving > 0) return false;
    for (const other of this.#turns.wanting) if (other !== pool && this.#starves(other)) return true;
    return false;
  }

  #starves(pool: Pool): boolean {
    if (pool.members.size > 0 || pool.starting > 0) return false;
    const oldest = this.#clock.monotonicMs() - invokeLimits.starvationMs;
    return (pool.waiting.peek()?.admittedAt ?? oldest) < oldest;
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
  #supersede(arn: string, generation: string): void {
    for (const pool of [...this.#groups.poolsOf(arn)]) {
      if (pool.closed || generationKey(pool.target) !== generation) continue;
      pool.closed = true;
      pool.provision = undefined;
      pool.warmAt = undefined;
      this.#pools.delete(pool.key);
      this.#turns.wanting.delete(pool);
      this.#provisioning.wanting.delete(pool);
      this.#expecting.delete(pool);
      pool.idle.clear();
      pool.idleProvisioned.clear();
      for (const environment of pool.members.keys()) this.#retire(pool, environment);
      this.#listener.onClosed(pool);
      this.tidy(pool);
    }
  }

  /** Of a generation that went an environment was kept: so is one of the next, before it is asked for. */
  #renew(target: ResolvedFunction, wanted: boolean): void {
    const kept = wanted || [...this.#groups.poolsOf(target.arn)].some((pool) => pool.keptBefore(target));
    if (kept && !this.#stopped) this.#expecting.add(this.poolOf(target, undefined));
    this.pump();
  }

  #concurrencyChanged(arn: string): void {
    this.#groups.refresh(arn);
    this.#provisioning.changed(arn);
    for (const pool of this.#groups.poolsOf(arn)) {
      this.#shrink(pool.share.group);
      break;
    }
    this.pump();
  }

  /** Idle environments beyond a lowered limit go at once, busy ones when they come back. */
  #shrink(group: ConcurrencyGroup): void {
    while (group.shrinking && group.granted > group.limit) {
      if (this.#keepAlive.evict(group.pools) === undefined) return;
    }
    group.shrinking = false;
  }

  tidy(pool: Pool): void {
    if (!pool.empty || !this.#allPools.has(pool)) return;
    this.#allPools.delete(pool);
    this.#turns.wanting.delete(pool);
    this.#groups.remove(pool);
    if (this.isCurrent(pool)) this.#pools.delete(pool.key);
    if (this.#allPools.size > 0) return;
    this.#keepAlive.rest();
    this.#headroom.rest();
    this.#turns.rest();
  }
}
