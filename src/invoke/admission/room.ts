import type { FleetOptions } from "./fleet-options.ts";
import { Headroom, type HeadroomListener } from "./headroom.ts";
import type { KeepAlive } from "./keep-alive.ts";
import type { Member, Pool } from "./pool.ts";

/** Whether this machine has room for another environment, in number and in memory. */
export class Room {
  readonly #mostEnvironments: number;
  readonly #headroom: Headroom;
  readonly #keepAlive: Pick<KeepAlive, "makeRoom">;
  #environments = 0;
  /** Idle environments that were told to go and still take up room. */
  #leaving = 0;

  constructor(options: FleetOptions, keepAlive: Pick<KeepAlive, "makeRoom">, listener: HeadroomListener) {
    this.#mostEnvironments = options.mostEnvironments;
    this.#keepAlive = keepAlive;
    this.#headroom = new Headroom(options, listener);
  }

  /** Environments that there are or that are on their way. */
  get environments(): number {
    return this.#environments;
  }

  get full(): boolean {
    return this.#environments >= this.#mostEnvironments;
  }

  /** Whether some is about to be free. */
  get isLeft(): boolean {
    return this.#leaving > 0;
  }

  /** MiB that another environment of a pool lacks; no number where there are too many. The only one is never refused. */
  missingMiB(pool: Pool): number {
    if (this.full) return Number.POSITIVE_INFINITY;
    return this.#environments === 0 ? 0 : this.#headroom.missingMiB(pool);
  }

  /** Lets idle environments go for one that is wanted, unless some go already. */
  make(missingMiB: number): void {
    if (!this.isLeft) this.#keepAlive.makeRoom(this.full ? 0 : missingMiB);
    if (!this.full) this.#headroom.retryLater();
  }

  /** What lacks memory is tried again in a while. */
  retryLater(): void {
    this.#headroom.retryLater();
  }

  /** An environment of this pool is to be made. */
  take(pool: Pool): void {
    this.#headroom.took(pool);
    this.#environments += 1;
  }

  /** An environment is gone, or was not made. */
  free(): void {
    this.#environments -= 1;
  }

  /** An idle environment was told to go, or went. */
  countLeaving(change: 1 | -1): void {
    this.#leaving += change;
  }

  /** An environment is back from an invocation. */
  saw(pool: Pool, member: Member, peakMiB: number): void {
    this.#headroom.saw(pool, member, peakMiB);
  }

  /** Nothing is left that takes any. */
  rest(): void {
    this.#headroom.rest();
  }
}
