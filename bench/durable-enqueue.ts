import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { silentLog, systemClock, systemRandomness } from "../src/base/index.ts";
import { openSqliteStorage } from "../src/storage/index.ts";
import { type Bench, closedLoop, percentile } from "./figure.ts";

const EVENT = { text: "x".repeat(280) };
const DURATION_MS = 3_000;
const CONCURRENCY = 64;

/** Events accepted for asynchronous invocation, against a bare append and fdatasync of the same bytes. */
export const durableEnqueue: Bench = {
  name: "durable enqueue",
  conditions: `events of 300 bytes, ${CONCURRENCY} at once, on the file system of ${os.tmpdir()}`,
  async run() {
    const directory = mkdtempSync(path.join(os.tmpdir(), "lambkin-bench-"));
    try {
      const raw = rawSync(path.join(directory, "raw"));
      const storage = await openSqliteStorage({
        directory,
        clock: systemClock,
        randomness: systemRandomness,
        log: silentLog,
      });
      let count = 0;
      const enqueue = () => {
        count += 1;
        return storage.queue.enqueue(`key-${count % 16}`, EVENT, {
          id: `id-${count}`,
          deadline: Number.MAX_SAFE_INTEGER,
        });
      };
      await closedLoop(CONCURRENCY, DURATION_MS / 4, enqueue);
      const loaded = await closedLoop(CONCURRENCY, DURATION_MS, enqueue);
      const alone = await closedLoop(1, DURATION_MS / 3, enqueue);
      await storage.close();
      return [
        {
          name: `enqueues, ${CONCURRENCY} at once`,
          unit: "1/s",
          value: loaded.perSecond,
          baseline: { name: "fdatasync, one after the other", value: 1_000 / percentile(raw, 0.5) },
        },
        {
          name: "one enqueue, p50",
          unit: "ms",
          value: percentile(alone.timesMs, 0.5),
          baseline: { name: "write and fdatasync, p50", value: percentile(raw, 0.5) },
        },
        {
          name: `one of ${CONCURRENCY} enqueues, p99`,
          unit: "ms",
          value: percentile(loaded.timesMs, 0.99),
          baseline: { name: "write and fdatasync, p99", value: percentile(raw, 0.99) },
        },
      ];
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  },
};

function rawSync(file: string): number[] {
  const descriptor = openSync(file, "a");
  const bytes = Buffer.alloc(300, "x");
  const timesMs: number[] = [];
  for (const started = performance.now(); performance.now() - started < DURATION_MS / 3; ) {
    const begun = performance.now();
    writeSync(descriptor, bytes);
    fdatasyncSync(descriptor);
    timesMs.push(performance.now() - begun);
  }
  closeSync(descriptor);
  return timesMs;
}
