/** The ledger's process dies in the middle of anything, again and again; sums are those of what was appended. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { silentLog } from "../../src/base/index.ts";
import type { UsageLedger } from "../../src/metering/index.ts";
import { openLedger } from "../../src/metering/ledger.ts";
import { CrashingFiles, Dead } from "../../testkit/crashing-files.ts";
import { effort } from "../../testkit/effort.ts";
import { seededRandomness, seedOfRun } from "../../testkit/seeded-randomness.ts";
import { SimulatedClock } from "../../testkit/simulated-clock.ts";
import { record, subject } from "../metering/usage-records.ts";

const LIVES = 12;
let charged = 0;
const STEPS = 40;
const HOUR_MS = 3_600_000;
const everything = { from: 0, to: Number.POSITIVE_INFINITY };

async function requestsOf(ledger: UsageLedger, range = everything): Promise<number> {
  // Charges of durable executions count like requests here: each is of one operation.
  return (await ledger.usage(range)).reduce(
    (sum, { requests, durableOperations }) => sum + requests + durableOperations,
    0,
  );
}

async function simulate(seed: number, powerFailures: boolean): Promise<number> {
  const random = seededRandomness(seed);
  const below = (most: number): number => random.below(most);
  const files = new CrashingFiles(random);
  let clock = new SimulatedClock(Date.UTC(2026, 2, 10, 22));
  /** What was appended before a death, and what was under way at one. */
  let certain = 0;
  let uncertain = 0;
  let synced = 0;
  let deaths = 0;
  for (let life = 0; life < LIVES; life += 1) {
    const power = powerFailures && random.uniform() < 0.5;
    // The timers of the dead are not run.
    clock = new SimulatedClock(clock.now());
    const present = files.restart({ powerFailure: power });
    if (power) {
      uncertain += certain - synced;
      certain = synced;
    }
    if (life < LIVES - 1) files.dieAfter(below(120));
    try {
      const ledger = await openLedger({ files: present, clock, log: silentLog });
      // What it holds now is what later lives may not lose.
      const found = await requestsOf(ledger);
      assert.ok(
        found >= certain && found <= certain + uncertain,
        `seed ${seed}: ${found} of ${certain}+${uncertain}`,
      );
      [certain, uncertain, synced] = [found, 0, power ? found : synced];
      for (let step = 0; step < STEPS; step += 1) {
        const what = below(10);
        if (what < 6) {
          uncertain += 1;
          if (random.chance(0.3)) {
            const charge = { startedAt: clock.now(), operations: 1, writtenBytes: 1, retainedByteSeconds: 1 };
            const executionId = `execution-${charged++}`;
            ledger.appendDurable({ subject: subject(), executionId, number: 1, ...charge });
          } else ledger.append(record(clock.now() - below(2 * HOUR_MS)));
          if (files.died) throw new Dead();
          uncertain -= 1;
          certain += 1;
        } else if (what < 7) {
          for (let hours = below(20); hours >= 0 && !files.died; hours -= 1) await clock.advance(HOUR_MS);
        } else if (what < 8) {
          await ledger.sync();
          synced = certain;
        } else if (what < 9) {
          assert.equal(await requestsOf(ledger), certain, `seed ${seed}`);
        } else {
          const middle = clock.now() - below(48 * HOUR_MS);
          const parts = [
            await requestsOf(ledger, { from: 0, to: middle }),
            await requestsOf(ledger, { from: middle, to: Number.POSITIVE_INFINITY }),
          ];
          assert.equal((parts[0] ?? 0) + (parts[1] ?? 0), certain, `seed ${seed}: cut in the middle`);
        }
      }
      await ledger.close();
      synced = certain;
    } catch (error) {
      if (!(error instanceof Dead) && !files.died) throw error;
      deaths += 1;
    }
  }
  return deaths;
}

for (const powerFailures of [false, true]) {
  test(`${powerFailures ? "a power failure loses what was not synced" : "a kill loses nothing"}, and nothing counts twice`, async (context) => {
    const first = seedOfRun();
    context.diagnostic(`LAMBKIN_SEED=${first}`);
    let deaths = 0;
    const runs = effort(8);
    for (let run = 0; run < runs; run += 1) deaths += await simulate(first + run, powerFailures);
    assert.ok(deaths > runs, `only ${deaths} deaths in ${runs} runs`);
  });
}
