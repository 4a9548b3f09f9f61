import { patience } from "../patience.ts";

/** How long real work, on threads, disks and processes, may take before a test gives it up. */
const PATIENCE_MS = patience(120_000);

/** Looks again and again, in real time, for what other threads do; throws with `what` when it never happens. */
export async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`it never happened that ${what}`);
    await new Promise<void>((resolve) => setTimeout(resolve, 1));
  }
}
