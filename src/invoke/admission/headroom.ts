import { type Clock, headroomLimits, type Log, type MachineMemory, type Timer } from "../../base/index.ts";
import type { Environment } from "../../environments/index.ts";
import type { Member, Pool } from "./pool.ts";

const MIB = 1024 * 1024;

function countOf({ members, starting, provisionedStarting }: Pool): number {
  // Those that start are members as soon as they have a sandbox.
  return Math.max(members.size, starting + provisionedStarting);
}

export interface HeadroomOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly memory: () => MachineMemory;
  /** Bytes that stay available; a share of the memory unless given. */
  readonly memoryReserveBytes?: number | undefined;
}

export interface HeadroomListener {
  /** All that hold environments, or are to get one. */
  pools(): Iterable<Pool>;
  /** What there was no memory for may be tried again. */
  onRetry(): void;
}

/**
 * Whether the machine has memory for another environment: what is available, less what environments that start or work
 * will still take by what was seen of their functions, has to stay above a reserve. A function that nothing is known of
 * counts with all that it may use until it has shown what it does.
 */
export class Headroom {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #memory: () => MachineMemory;
  readonly #reserveBytes: number | undefined;
  readonly #listener: HeadroomListener;
  /** Environments that have worked, and the most that one of them used, by runtime. */
  readonly #runtimes = new Map<string, { readonly environments: number; readonly mostMiB: number }>();
  #spareMiB = 0;
  #totalMiB = Number.POSITIVE_INFINITY;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #warnedAt = Number.NEGATIVE_INFINITY;
  #retrying: Timer | undefined;

  constructor({ clock, log, memory, memoryReserveBytes }: HeadroomOptions, listener: HeadroomListener) {
    this.#clock = clock;
    this.#log = log;
    this.#memory = memory;
    this.#reserveBytes = memoryReserveBytes;
    this.#listener = listener;
  }

  /** MiB that are missing for another environment of a pool; 0 if there is memory for it. */
  missingMiB(pool: Pool): number {
    if (this.#clock.monotonicMs() - this.#lookedAt >= headroomLimits.freshMs) this.#look();
    return Math.max(0, this.#expectedMiB(pool, countOf(pool)) + headroomLimits.overheadMiB - this.#spareMiB);
  }

  /** An environment of this pool is to be made. */
  took(pool: Pool): void {
    this.#spareMiB -= this.#expectedMiB(pool, countOf(pool)) + headroomLimits.overheadMiB;
  }

  /** Somebody waits for memory. */
  retryLater(): void {
    this.#retrying ??= this.#clock.after(headroomLimits.freshMs, () => {
      this.#retrying = undefined;
      this.#listener.onRetry();
    });
    const now = this.#clock.monotonicMs();
    if (now - this.#warnedAt < headroomLimits.warnMs) return;
    this.#warnedAt = now;
    const { availableBytes, totalBytes } = this.#memory();
    this.#log.warn("environments wait for memory", {
      availableBytes,
      reserveBytes: this.reserve(totalBytes),
    });
  }

  rest(): void {
    this.#retrying?.cancel();
    this.#retrying = undefined;
  }

  /** Bytes that are to stay available. */
  reserve(totalBytes: number): number {
    const { reserveShare, reserveMostBytes } = headroomLimits;
    return this.#reserveBytes ?? Math.min(totalBytes * reserveShare, reserveMostBytes);
  }

  /** An environment is back from an invocation. */
  saw({ target, habits }: Pool, member: Member, peakMiB: number): void {
    habits.memory.ended(peakMiB);
    if (member.worked || peakMiB === 0) return;
    member.worked = true;
    const { environments = 0, mostMiB = 0 } = this.#runtimes.get(target.runtime) ?? {};
    this.#runtimes.set(target.runtime, {
      environments: environments + 1,
      mostMiB: Math.max(mostMiB, peakMiB),
    });
  }

  /** What an environment is taken to use; `others` are there of the same pool. */
  #expectedMiB({ target, habits: { memory } }: Pool, others: number): number {
    const mostMiB = Math.min(target.memoryMiB, this.#totalMiB / 2);
    if (memory.proven && memory.expectedMiB > 0) return Math.min(memory.expectedMiB, mostMiB);
    const like = this.#runtimes.get(target.runtime);
    if (others > 0 || like === undefined || like.environments < headroomLimits.leastSamples) return mostMiB;
    return Math.min(Math.max(like.mostMiB, headroomLimits.unknownMiB), mostMiB);
  }

  #look(): void {
    this.#lookedAt = this.#clock.monotonicMs();
    let promisedMiB = 0;
    let readings: number = headroomLimits.readingsAtOnce;
    for (const pool of this.#listener.pools()) {
      const expectedMiB = this.#expectedMiB(pool, countOf(pool) - 1);
      const starting = pool.starting + pool.provisionedStarting;
      promisedMiB += starting * (expectedMiB + headroomLimits.overheadMiB);
      let ofThis: number = headroomLimits.readingsOfOne;
      const everyMs = this.#readEveryMs(pool);
      for (const [environment, member] of pool.members) {
        const unused = member.phase === "idle" && !member.worked && !member.provisioned;
        if (member.phase !== "busy" && !unused) continue;
        promisedMiB += Math.max(0, expectedMiB - environment.memoryMiB);
        if (readings === 0 || ofThis === 0 || unused) continue;
        if (!this.#read(pool, environment, member, everyMs)) continue;
        readings -= 1;
        ofThis -= 1;
      }
    }
    const { totalBytes, availableBytes } = this.#memory();
    this.#totalMiB = totalBytes / MIB;
    this.#spareMiB = (availableBytes - this.reserve(totalBytes)) / MIB - promisedMiB;
  }

  /** So that all of them get their turn; but the first ones alone until these have shown what the function uses. */
  #readEveryMs({ members, habits: { memory } }: Pool): number {
    const { freshMs, readEveryMs, readUnprovenMs, readingsOfOne } = headroomLimits;
    if (!memory.proven) return readUnprovenMs;
    return Math.max(readEveryMs, (members.size * freshMs) / readingsOfOne);
  }

  /** Takes in the last reading of an environment that works for long, and begins another one. */
  #read(pool: Pool, environment: Environment, member: Member, everyMs: number): boolean {
    if (this.#lookedAt - member.readAt < everyMs) return false;
    pool.habits.memory.worksWith(environment.memoryMiB, member.readAt - member.busySince);
    member.readAt = this.#lookedAt;
    environment.readMemory();
    return true;
  }
}
