/** A pending timer; `cancel` is idempotent. */
export interface Timer {
  cancel(): void;
}

/**
 * Time is passed in, so that scheduling, retries and delivery run in a seeded simulation.
 * `now` is the wall clock in epoch milliseconds, `monotonicMs` only measures durations.
 */
export interface Clock {
  now(): number;
  monotonicMs(): number;
  /** Runs `callback` after `delayMs`. The timer does not keep the process alive. */
  after(delayMs: number, callback: () => void): Timer;
}

/** setTimeout counts in 32 bits; a longer delay would fire at once. */
const LONGEST_TIMEOUT_MS = 2_147_483_647;

class SystemClock implements Clock {
  now(): number {
    return Date.now();
  }

  monotonicMs(): number {
    return performance.now();
  }

  after(delayMs: number, callback: () => void): Timer {
    const step = Math.min(Math.max(delayMs, 0), LONGEST_TIMEOUT_MS);
    let cancelled = false;
    let inner: Timer | undefined;
    const handle = setTimeout(() => {
      if (cancelled) return;
      if (step < delayMs) inner = this.after(delayMs - step, callback);
      else callback();
    }, step);
    handle.unref();
    return {
      cancel() {
        cancelled = true;
        clearTimeout(handle);
        inner?.cancel();
      },
    };
  }
}

export const systemClock: Clock = new SystemClock();

/** Resolves after `delayMs` of the given clock, or at once when `signal` aborts. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) {
      resolve();
      return;
    }
    const onAbort = () => {
      timer.cancel();
      resolve();
    };
    const timer = clock.after(delayMs, () => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    });
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}
