import { type Clock, keepAliveLimits } from "../../base/index.ts";
import { FunctionMemory } from "./function-memory.ts";
import { IdleHistogram } from "./idle-histogram.ts";

/** Weight of the latest init in the average. */
const LATEST = 0.3;
/** How many runs there have to be before they tell anything, and by what part one changes what is known, as it gets old. */
const LEAST_RUNS = 8;
const RUN_STEP = 0.02;
/** Shorter runs are all alike. */
const SHORTEST_RUN_MS = 1;

/** What can be kept of them. */
export interface HabitsRecord {
  /** How often it was idle for so many whole minutes. */
  readonly idleMinutes: readonly (readonly [minutes: number, count: number])[];
  readonly initMs: number;
  /** Since when nothing of it has run; 0 while something does. */
  readonly idleMs: number;
}

/** When one function version is used, over all its generations: what decides how long its environments are kept. */
export class Habits {
  readonly memory = new FunctionMemory();
  readonly #clock: Pick<Clock, "monotonicMs">;
  readonly #idleTimes = new IdleHistogram();
  #active = 0;
  /** When nothing of it ran any more; monotonic milliseconds. */
  #idleSince: number | undefined;
  #initMs: number = keepAliveLimits.initMs;
  #inits = 0;
  #runMs = 0;
  #runs = 0;

  readonly #onChange: (habits: Habits) => void;

  constructor(clock: Pick<Clock, "monotonicMs">, onChange: (habits: Habits) => void = () => undefined) {
    this.#clock = clock;
    this.#onChange = onChange;
  }

  record(): HabitsRecord {
    const since = this.#active > 0 ? undefined : this.#idleSince;
    return {
      idleMinutes: this.#idleTimes.counts,
      initMs: this.#initMs,
      idleMs: since === undefined ? 0 : this.#clock.monotonicMs() - since,
    };
  }

  /** Adds what an earlier run learned, which happened before everything that is known. */
  recall({ idleMinutes, initMs, idleMs }: HabitsRecord): void {
    this.#idleTimes.add(idleMinutes);
    if (this.#inits === 0) this.#initMs = initMs;
    if (this.#active === 0) this.#idleSince ??= this.#clock.monotonicMs() - idleMs;
  }

  began(): void {
    this.#active += 1;
    if (this.#active > 1 || this.#idleSince === undefined) return;
    this.#idleTimes.record(this.#clock.monotonicMs() - this.#idleSince);
    this.#onChange(this);
  }

  ended(): void {
    this.#active -= 1;
    if (this.#active === 0) this.#idleSince = this.#clock.monotonicMs();
  }

  /** An environment was busy with one request for this time. */
  ran(tookMs: number): void {
    const runMs = Math.max(SHORTEST_RUN_MS, tookMs);
    this.#runs += 1;
    const step = Math.max(RUN_STEP, 1 / this.#runs);
    if (this.#runs === 1) this.#runMs = runMs;
    else if (runMs > this.#runMs) this.#runMs = Math.min(runMs, this.#runMs * (1 + step));
    else this.#runMs = Math.max(runMs, this.#runMs * (1 - step));
  }

  /**
   * How long an environment is busy with one request, in the median; undefined as long as there were few. An
   * average would take a moment in which a busy machine slowed all of them for what they usually take.
   */
  get runMs(): number | undefined {
    return this.#runs < LEAST_RUNS ? undefined : this.#runMs;
  }

  /** An environment came up in this time. */
  cameUp(initMs: number): void {
    this.#initMs = this.#inits === 0 ? initMs : this.#initMs + LATEST * (initMs - this.#initMs);
    this.#inits += 1;
  }

  /** How long environments take to come up, of late. */
  get initMs(): number {
    return this.#initMs;
  }

  /** Whether the function sleeps so long between invocations that its environment is not kept meanwhile. */
  get #sleeps(): { readonly fromMs: number; readonly toMs: number } | undefined {
    const pattern = this.#idleTimes.pattern;
    if (pattern === undefined || this.#active > 0 || this.#idleSince === undefined) return undefined;
    if (pattern.headMs < keepAliveLimits.releaseFromMs) return undefined;
    return { fromMs: this.#idleSince + pattern.headMs, toMs: this.#idleSince + pattern.tailMs };
  }

  /** How long an environment is kept that is idle since `since`; monotonic milliseconds, like the result. */
  keepUntil(since: number): number {
    const { fixedMs, releaseAfterMs } = keepAliveLimits;
    const pattern = this.#idleTimes.pattern;
    if (pattern === undefined) return since + fixedMs;
    const sleeps = this.#sleeps;
    if (sleeps !== undefined) {
      const awake = this.#clock.monotonicMs() >= sleeps.fromMs || since >= sleeps.fromMs;
      return awake ? sleeps.toMs : since + releaseAfterMs;
    }
    // While others of it work, those that don't are the reserve for its next peak.
    return since + (pattern.headMs >= keepAliveLimits.releaseFromMs ? fixedMs : pattern.tailMs);
  }

  /** When an environment should be made ahead of the next invocation, if none is there; monotonic milliseconds. */
  get warmAt(): number | undefined {
    return this.#sleeps?.fromMs;
  }

  /** Until when one that was made ahead is of use. */
  get warmUntil(): number | undefined {
    return this.#sleeps?.toMs;
  }

  /**
   * What is lost with an idle environment, in milliseconds of init per MiB: how likely it is used again soon, times
   * what its init took, over the memory that it takes. `above` counts those that would be used before it.
   */
  value(since: number, above: number, memoryMiB: number): number {
    const idleMs = this.#clock.monotonicMs() - since;
    const chance = this.#idleTimes.chanceWithin(idleMs, keepAliveLimits.horizonMs) / (1 + above);
    return (chance * this.#initMs) / (memoryMiB > 0 ? memoryMiB : keepAliveLimits.environmentMiB);
  }
}
