import { type Clock, environmentLimits, type Timer } from "../base/index.ts";
import type { Sandbox } from "./sandbox/index.ts";

export interface FreezerListener {
  /** Whether something inside is still waited for, which a freeze is put off for, though not for long. */
  readonly busy: () => boolean;
  /** From now on nobody inside can answer. */
  readonly onFreeze: () => void;
  readonly onFault: (error: unknown) => void;
}

/** Freezes a sandbox some time after it fell idle, so that functions in steady use never pay for it. */
export class Freezer {
  readonly #sandbox: Sandbox;
  readonly #clock: Clock;
  readonly #listener: FreezerListener;
  /** Armed once and looked at when it fires, because arming it for each invocation would cost more than the rest. */
  #timer: Timer | undefined;
  #idleSince: number | undefined;
  #freezing: Promise<void> | undefined;
  #frozen = false;

  constructor(sandbox: Sandbox, clock: Clock, listener: FreezerListener) {
    this.#sandbox = sandbox;
    this.#clock = clock;
    this.#listener = listener;
  }

  /** Whether everything inside stands still. */
  get frozen(): boolean {
    return this.#frozen;
  }

  /** The sandbox is idle from now on. */
  schedule(): void {
    this.#idleSince = this.#clock.monotonicMs();
    if (this.#timer === undefined) this.#arm(environmentLimits.freezeDelayMs);
  }

  #arm(delayMs: number): void {
    this.#timer = this.#clock.after(delayMs, () => {
      this.#timer = undefined;
      if (this.#idleSince === undefined) return;
      const idleMs = this.#clock.monotonicMs() - this.#idleSince;
      const leftMs = environmentLimits.freezeDelayMs - idleMs;
      if (leftMs > 0) this.#arm(leftMs);
      else if (idleMs < environmentLimits.freezePutOffMs && this.#listener.busy())
        this.#arm(environmentLimits.freezeDelayMs);
      else {
        this.#listener.onFreeze();
        const freezing = this.#sandbox.freeze();
        this.#freezing = freezing;
        freezing.then(() => {
          this.#frozen = this.#freezing === freezing;
        }, this.#listener.onFault);
      }
    });
  }

  cancel(): void {
    this.#idleSince = undefined;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** Undefined, and no wait, if nothing was frozen. */
  thaw(): Promise<void> | undefined {
    this.#idleSince = undefined;
    const freezing = this.#freezing;
    if (freezing === undefined) return undefined;
    this.#freezing = undefined;
    this.#frozen = false;
    return freezing.then(() => this.#sandbox.thaw());
  }
}
