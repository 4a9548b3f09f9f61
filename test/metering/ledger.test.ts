import assert from "node:assert/strict";
import { appendFile, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { type Log, silentLog } from "../../src/base/index.ts";
import { openUsageLedger, type UsageLedger, type UsageRecord } from "../../src/metering/index.ts";
import { SimulatedClock } from "../../testkit/simulated-clock.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

let directory: string;
let clock: SimulatedClock;
let opened: UsageLedger[] = [];
let sequence = 0;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "lambkin-ledger-"));
  clock = new SimulatedClock(Date.UTC(2026, 2, 10, 12));
});

afterEach(async () => {
  for (const ledger of opened) await ledger.close();
  opened = [];
  await rm(directory, { recursive: true });
});

async function open(log: Log = silentLog): Promise<UsageLedger> {
  const ledger = await openUsageLedger({ directory, clock, log });
  opened.push(ledger);
  return ledger;
}

async function reopen(ledger: UsageLedger): Promise<UsageLedger> {
  await ledger.close();
  opened = opened.filter((other) => other !== ledger);
  return open();
}

function record(changes: Partial<UsageRecord> = {}): UsageRecord {
  return {
    requestId: `request-${sequence++}`,
    attempt: 1,
    account: "000000000000",
    region: "us-east-1",
    functionName: "resize",
    version: "$LATEST",
    architecture: "x86_64",
    memoryMiB: 1_024,
    ephemeralStorageMiB: 512,
    startedAt: clock.now() - 100,
    durationMs: 99.5,
    billedDurationMs: 100,
    status: "success",
    ...changes,
  };
}

const everything = { from: 0, to: Number.POSITIVE_INFINITY };

function near(actual: number | undefined, expected: number): void {
  assert.ok(actual !== undefined && Math.abs(actual - expected) < 1e-12, `${actual} instead of ${expected}`);
}

test("sums by function and version, with AWS's prices", async () => {
  const ledger = await open();
  ledger.append(record());
  ledger.append(record({ status: "timeout", billedDurationMs: 900 }));
  ledger.append(record({ functionName: "other", architecture: "arm64", ephemeralStorageMiB: 1_536 }));
  ledger.append(record({ version: "7" }));
  const sums = await ledger.summarize(everything);
  assert.deepEqual(
    sums.map((sum) => [sum.functionName, sum.version, sum.requests, sum.errors, sum.billedMs]),
    [
      ["resize", "$LATEST", 2, 1, 1_000],
      ["other", "$LATEST", 1, 0, 100],
      ["resize", "7", 1, 0, 100],
    ],
  );
  near(sums[0]?.gbSeconds, 1);
  near(sums[0]?.cost.total, 2 * 0.0000002 + 0.0000166667);
  near(sums[1]?.storageGbSeconds, 0.1);
  near(sums[1]?.cost.duration, 0.1 * 0.0000133334);
  near(sums[1]?.cost.storage, 0.1 * 0.0000000309);
});

test("an attempt counts once, its retry separately, also across a restart", async () => {
  let ledger = await open();
  const first = record();
  ledger.append(first);
  ledger.append(first);
  ledger.append({ ...first, attempt: 2 });
  ledger = await reopen(ledger);
  ledger.append(first);
  ledger.append({ ...first, attempt: 2 });
  ledger.append({ ...first, attempt: 3 });
  assert.equal((await ledger.summarize(everything))[0]?.requests, 3);
});

test("a repetition shortly after midnight is still known after a restart", async () => {
  let ledger = await open();
  clock = new SimulatedClock(Date.UTC(2026, 2, 10, 23, 59, 59));
  ledger = await reopen(ledger);
  const late = record();
  ledger.append(late);
  await ledger.sync();
  await clock.advance(5_000);
  ledger.append(record());
  ledger = await reopen(ledger);
  ledger.append(late);
  assert.equal((await ledger.summarize(everything))[0]?.requests, 2);
});

test("ranges cut hours exactly, by the begin of an invocation", async () => {
  let ledger = await open();
  const start = Date.UTC(2026, 2, 10, 9);
  for (let minute = 0; minute < 180; minute += 1)
    ledger.append(record({ startedAt: start + minute * 60_000 }));
  for (const run of ["live", "reopened"]) {
    const count = async (from: number, to: number): Promise<number> =>
      (await ledger.summarize({ from: start + from * 60_000, to: start + to * 60_000 }))[0]?.requests ?? 0;
    assert.equal(await count(0, 180), 180, run);
    assert.equal(await count(0, 60), 60, run);
    assert.equal(await count(30, 150), 120, run);
    assert.equal(await count(65, 66), 1, run);
    assert.equal(await count(180, 400), 0, run);
    assert.equal(await count(100, 100), 0, run);
    ledger = await reopen(ledger);
  }
});

test("days become files of their own, with saved sums", async () => {
  const ledger = await open();
  ledger.append(record());
  await clock.advance(DAY_MS);
  ledger.append(record());
  await clock.advance(DAY_MS);
  ledger.append(record());
  await ledger.sync();
  assert.deepEqual((await readdir(directory)).toSorted(), [
    "usage-2026-03-10.jsonl",
    "usage-2026-03-10.totals.json",
    "usage-2026-03-11.jsonl",
    "usage-2026-03-11.totals.json",
    "usage-2026-03-12.jsonl",
  ]);
  assert.equal((await ledger.summarize(everything))[0]?.requests, 3);
  const oneDay = { from: Date.UTC(2026, 2, 11), to: Date.UTC(2026, 2, 12) };
  assert.equal((await ledger.summarize(oneDay))[0]?.requests, 1);
});

test("the price tier depends on what the month held before", async () => {
  const ledger = await open();
  const huge = { memoryMiB: 10_240, billedDurationMs: 6e11 };
  ledger.append(record({ ...huge, startedAt: Date.UTC(2026, 2, 2) }));
  ledger.append(record({ billedDurationMs: 1_000 }));
  const today = { from: Date.UTC(2026, 2, 10), to: Date.UTC(2026, 2, 11) };
  near((await ledger.summarize(today))[0]?.cost.duration, 0.000015);
  ledger.append(record({ billedDurationMs: 1_000, account: "111111111111" }));
  const other = await ledger.summarize({ ...today, account: "111111111111" });
  assert.equal(other.length, 1);
  near(other[0]?.cost.duration, 0.0000166667);
});

test("a torn last line and unreadable lines do not stop the ledger", async () => {
  let ledger = await open();
  ledger.append(record());
  ledger.append(record());
  await ledger.close();
  const file = join(directory, "usage-2026-03-10.jsonl");
  await rm(join(directory, "usage-2026-03-10.totals.json"));
  await appendFile(file, '\0\0\0\n{"requestId":1}\nnull\n{"requestId":"torn","att');
  const errors: string[] = [];
  ledger = await open({ ...silentLog, error: (event) => errors.push(event) });
  assert.deepEqual(errors, ["usage records unreadable"]);
  ledger.append(record());
  assert.equal((await ledger.summarize(everything))[0]?.requests, 3);
  const text = await readFile(file, "utf8");
  assert.ok(!text.includes("torn") && text.endsWith("\n"));
  ledger = await reopen(ledger);
  assert.equal((await ledger.summarize(everything))[0]?.requests, 3);
});

test("a file that holds nothing but a torn line is emptied", async () => {
  await writeFile(join(directory, "usage-2026-03-10.jsonl"), "x".repeat(200_000));
  const ledger = await open();
  assert.equal((await stat(join(directory, "usage-2026-03-10.jsonl"))).size, 0);
  assert.deepEqual(await ledger.summarize(everything), []);
});

test("saved sums that promise more than the file holds are not believed", async () => {
  let ledger = await open();
  ledger.append(record());
  ledger.append(record());
  await ledger.close();
  const file = join(directory, "usage-2026-03-10.jsonl");
  const [line] = (await readFile(file, "utf8")).split("\n");
  await writeFile(file, `${line}\n`);
  ledger = await open();
  assert.equal((await ledger.summarize(everything))[0]?.requests, 1);
});

test("single records are forgotten after their time, their sums are not", async () => {
  let ledger = await open();
  ledger.append(record());
  await clock.advance(DAY_MS);
  ledger.append(record());
  ledger = await reopen(ledger);
  await clock.advance(200 * DAY_MS);
  ledger.append(record());
  ledger = await reopen(ledger);
  assert.deepEqual(
    (await readdir(directory)).filter((name) => name.endsWith("jsonl")),
    ["usage-2026-09-27.jsonl"],
  );
  assert.equal((await ledger.summarize(everything))[0]?.requests, 3);
});

test("a clock that is set back appends to the newest day", async () => {
  const ledger = await open();
  ledger.append(record());
  await clock.advance(-2 * DAY_MS);
  ledger.append(record());
  assert.deepEqual(await readdir(directory), ["usage-2026-03-10.jsonl"]);
  assert.equal((await ledger.summarize(everything))[0]?.requests, 2);
});
