import { type Clock, invariant, type Log, toError } from "../../base/index.ts";
import type { Environment, EnvironmentListener } from "../../environments/index.ts";
import type { FleetListener, FleetOptions, Purpose } from "./fleet-options.ts";
import type { KeepAlive } from "./keep-alive.ts";
import type { Member, Pool } from "./pool.ts";
import type { Provisioning } from "./provisioning.ts";
import type { Room } from "./room.ts";
import { hasAny, type StartTurns, startKindOf } from "./start-turns.ts";

export interface MembersListener extends Pick<FleetListener, "onFree" | "onCreationFailed"> {
  /** There may be room for another environment, of this pool or another. */
  onRoom(pool: Pool): void;
  /** An environment is left idle. */
  onIdle(): void;
  /** The pool may hold nothing any more. */
  onLess(pool: Pool): void;
}

export interface MembersParts {
  readonly room: Room;
  readonly turns: StartTurns;
  readonly keepAlive: KeepAlive;
  readonly provisioning: Provisioning;
}

/** The environments of all pools, each from the decision to make it until it is gone. */
export class Members {
  readonly #options: FleetOptions;
  readonly #listener: MembersListener;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #room: Room;
  readonly #turns: StartTurns;
  readonly #keepAlive: KeepAlive;
  readonly #provisioning: Provisioning;
  #coldStarts = 0;

  constructor(
    options: FleetOptions,
    { room, turns, keepAlive, provisioning }: MembersParts,
    listener: MembersListener,
  ) {
    this.#options = options;
    this.#listener = listener;
    [this.#clock, this.#log] = [options.clock, options.log];
    [this.#room, this.#turns] = [room, turns];
    [this.#keepAlive, this.#provisioning] = [keepAlive, provisioning];
  }

  /** Environments that came up for a request that waited. */
  get coldStarts(): number {
    return this.#coldStarts;
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
    this.#listener.onLess(pool);
  }

  #countBusy(pool: Pool, provisioned: boolean, change: 1 | -1): void {
    if (provisioned) pool.busyProvisioned += change;
    else pool.busy += change;
    if (change === 1) pool.habits.began();
    else pool.habits.ended();
  }

  /** Resolves when the host was asked for it. */
  async create(pool: Pool, purpose: Purpose): Promise<void> {
    const provisioned = purpose === "provisioned";
    const begunAt = this.#clock.monotonicMs();
    const count = (change: 1 | -1): void => {
      if (provisioned) pool.provisionedStarting += change;
      else pool.starting += change;
    };
    const kind = provisioned && hasAny(pool.share) ? "further" : startKindOf(pool);
    this.#room.take(pool);
    count(1);
    const release = this.#options.budget.take(() => this.#listener.onRoom(pool), kind);
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
        this.#listener.onRoom(pool);
        this.#listener.onLess(pool);
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
      this.#room.free();
      onFailed(toError(thrown));
      this.#listener.onRoom(pool);
      this.#listener.onLess(pool);
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
      this.#room.saw(pool, member, environment.memoryMiB);
    }
    member.phase = "idle";
    if (member.retiring) return;
    const surplus = member.provisioned ? pool.provisionedMissing < 0 : this.#isSurplus(pool);
    const room = !environment.debugged && this.#turns.starvesBeside(pool);
    if (pool.closed || surplus || room) {
      this.retire(pool, environment);
      return;
    }
    if (!this.#listener.onFree(pool, environment)) {
      const stack = member.provisioned ? pool.idleProvisioned : pool.idle;
      stack.push(environment, now);
    }
    this.#listener.onIdle();
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
    this.#room.free();
    if (member.phase === "busy") {
      if (member.dispatches > 0) member.gone = true;
      else this.#countBusy(pool, member.provisioned, -1);
    }
    if (member.phase === "idle") (member.provisioned ? pool.idleProvisioned : pool.idle).remove(environment);
    if (member.leaving) this.#room.countLeaving(-1);
  }

  /** It takes no more work, and goes: at once if it is idle. */
  retire(pool: Pool, environment: Environment): void {
    const member = pool.members.get(environment);
    if (member === undefined || member.retiring) return;
    member.retiring = true;
    if (member.phase === "idle") {
      member.leaving = true;
      this.#room.countLeaving(1);
    }
    environment.retire().catch((thrown: unknown) => {
      this.#log.error("environment could not be retired", {
        environment: environment.id,
        error: toError(thrown),
      });
    });
  }
}
