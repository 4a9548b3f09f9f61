import { type Clock, environmentLimits, type Timer } from "../base/index.ts";
import type { Sandbox } from "./sandbox/index.ts";

/** Freezes a sandbox some time after it fell idle, so that functions in steady use never pay for it. */
export class Freezer {
  readonly #sandbox: Sandbox;
  readonly #clock: Clock;
  readonly #onFault: (error: unknown) => void;
  #timer: Timer | undefined;
  #freezing: Promise<void> | undefined;

  constructor(sandbox: Sandbox, clock: Clock, onFault: (error: unknown) => void) {
    this.#sandbox = sandbox;
    this.#clock = clock;
    this.#onFault = onFault;
  }

  /** The sandbox is idle from now on. */
  schedule(): void {
    this.#timer?.cancel();
    this.#timer = this.#clock.after(environmentLimits.freezeDelayMs, () => {
      this.#timer = undefined;
      this.#freezing = this.#sandbox.freeze();
      this.#freezing.catch(this.#onFault);
    });
  }

  cancel(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** Undefined, and no wait, if nothing was frozen. */
  thaw(): Promise<void> | undefined {
    this.cancel();
    const freezing = this.#freezing;
    if (freezing === undefined) return undefined;
    this.#freezing = undefined;
    return freezing.then(() => this.#sandbox.thaw());
  }
}
