import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { silentLog, systemClock } from "../../src/base/index.ts";
import { openUsageLedger } from "../../src/metering/index.ts";
import { runUntilKilled } from "../../testkit/crashing-program.ts";
import { effort } from "../../testkit/effort.ts";
import { seedOfRun } from "../../testkit/seeded-randomness.ts";
import { SimulatedClock } from "../../testkit/simulated-clock.ts";

const KILLS_IN_ROLL_UP = 6;

const roller = new URL("roll-up-writer.ts", import.meta.url);
const writer = new URL("ledger-writer.ts", import.meta.url);

test("a killed process loses no record that append has taken", async () => {
  const directory = await mkdtemp(join(tmpdir(), "lambkin-ledger-crash-"));
  try {
    const acknowledged: string[] = [];
    for (const least of [1, 300, effort(3_000)])
      acknowledged.push(...(await runUntilKilled(writer, [directory], (lines) => lines.length >= least)));
    assert.ok(acknowledged.length >= 3_301);
    const files = (await readdir(directory)).filter((name) => name.endsWith(".jsonl"));
    const texts = await Promise.all(files.map((name) => readFile(join(directory, name), "utf8")));
    // A kill may cut off a line at the end of a page.
    const whole = texts.map((text) => text.slice(0, text.lastIndexOf("\n") + 1)).join("");
    const found = new Set([...whole.matchAll(/"requestId":"([^"]+)"/g)].map((match) => match[1]));
    assert.deepEqual(
      acknowledged.filter((id) => !found.has(id)),
      [],
    );
    const ledger = await openUsageLedger({ directory, clock: systemClock, log: silentLog });
    const rows = await ledger.usage({ from: 0, to: Number.POSITIVE_INFINITY });
    assert.equal(
      rows.reduce((sum, { requests }) => sum + requests, 0),
      found.size,
    );
    await ledger.close();
  } finally {
    await rm(directory, { recursive: true });
  }
});

test("a kill in the middle of a roll-up neither loses nor repeats anything", async (context) => {
  const directory = await mkdtemp(join(tmpdir(), "lambkin-roll-up-crash-"));
  const first = seedOfRun();
  context.diagnostic(`LAMBKIN_SEED=${first}`);
  try {
    let now = Date.UTC(2026, 2, 10, 22);
    let [certain, uncertain, lives] = [0, 0, 0];
    const check = (found: number): void => {
      const range = `${certain} to ${certain + uncertain}`;
      assert.ok(found >= certain && found <= certain + uncertain, `${found} instead of ${range}`);
      [certain, uncertain] = [found, 0];
      lives += 1;
    };
    const rolledUp = async () => (await readdir(directory)).some((name) => name.endsWith(".days.json"));
    // Where it dies is chance: in some runs so soon each time that it takes a few more kills to see anything.
    const isEnough = async () => lives > 1 && (await rolledUp());
    const kills = effort(KILLS_IN_ROLL_UP);
    for (let kill = 0; kill < kills || (kill < 10 * kills && !(await isEnough())); kill += 1) {
      const lines = await runUntilKilled(roller, [directory, `${now}`, `${first + kill}`], () => false);
      for (const line of lines) {
        const [word, ...rest] = line.split(" ");
        now = Number(rest.at(-1));
        if (word === "found") check(Number(rest[0]));
        else if (word === "try") uncertain += 1;
        else [certain, uncertain] = [certain + 1, uncertain - 1];
      }
    }
    assert.ok(lives > 1, "it never came as far as to count");
    const ledger = await openUsageLedger({ directory, clock: new SimulatedClock(now), log: silentLog });
    const rows = await ledger.usage({ from: 0, to: Number.POSITIVE_INFINITY });
    await ledger.close();
    check(rows.reduce((sum, { requests }) => sum + requests, 0));
    const names = await readdir(directory);
    const count = (ending: string) => names.filter((name) => name.endsWith(ending)).length;
    context.diagnostic(`${certain} records, ${count(".days.json")} days, ${count(".jsonl")} with records`);
    assert.ok(count(".days.json") > 0, "nothing was rolled up");
  } finally {
    await rm(directory, { recursive: true });
  }
});
