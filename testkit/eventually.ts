import { setTimeout as delay } from "node:timers/promises";
import { patience } from "./patience.ts";

const POLL_MS = 25;

/** Asks until the answer is there, at most `withinMs`; a last failure is thrown as it is. */
export async function eventually<T>(
  ask: () => Promise<T | undefined> | T | undefined,
  options: { readonly withinMs?: number; readonly what: string },
): Promise<T> {
  const deadline = performance.now() + patience(options.withinMs ?? 120_000);
  let failure: unknown;
  do {
    try {
      const answer = await ask();
      if (answer !== undefined) return answer;
      failure = undefined;
    } catch (error) {
      failure = error;
    }
    await delay(POLL_MS);
  } while (performance.now() < deadline);
  throw failure ?? new Error(`it did not happen in time: ${options.what}`);
}
