import { writeSync } from "node:fs";

const RETRY_MS = 1;
const sleeping = new Int32Array(new SharedArrayBuffer(4));

/**
 * Tells the process that reads this one's standard output, before anything else happens here: what was said is said
 * even if this process is killed right after. A reader that is behind is waited for.
 */
export function acknowledge(line: string): void {
  const bytes = Buffer.from(`${line}\n`);
  for (let written = 0; written < bytes.length; ) {
    try {
      written += writeSync(1, bytes, written);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
      Atomics.wait(sleeping, 0, 0, RETRY_MS);
    }
  }
}
