import { startLambkin } from "../testkit/lambkin-server.ts";
import { families, firstInvocation } from "./cold-start.ts";
import { type Bench, type Figure, percentile } from "./figure.ts";

const FUNCTIONS = 40;

/** The first invocation of functions that nobody invoked before, from the pool, against the same without it. */
export const pool: Bench = {
  name: "pool",
  conditions: `${FUNCTIONS} functions of distinct code, 1,769 MB, through the public API, in turns at a server with the default pool and one without`,
  async run() {
    const figures: Figure[] = [];
    await using pooled = await startLambkin();
    await using fresh = await startLambkin({ args: ["--pool", "off"] });
    for (const family of families()) {
      // The first function of a runtime is what the pool learns from.
      await firstInvocation(pooled, family, FUNCTIONS);
      const timesMs = { pooled: [] as number[], fresh: [] as number[] };
      for (let n = 0; n < FUNCTIONS; n += 1) {
        timesMs.fresh.push(await firstInvocation(fresh, family, n));
        timesMs.pooled.push(await firstInvocation(pooled, family, n));
      }
      for (const [label, share] of [
        ["p50", 0.5],
        ["p90", 0.9],
        ["p99", 0.99],
      ] as const) {
        figures.push({
          name: `${family.runtime}, request to answer from the pool, ${label}`,
          unit: "ms",
          value: percentile(timesMs.pooled, share),
          baseline: { name: `without a pool, ${label}`, value: percentile(timesMs.fresh, share) },
        });
      }
    }
    return figures;
  },
};
