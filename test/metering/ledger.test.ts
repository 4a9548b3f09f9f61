import assert from "node:assert/strict";
import { appendFile, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { type Log, silentLog } from "../../src/base/index.ts";
import {
  openUsageLedger,
  type UsageLedger,
  type UsageRecord,
  type UsageRow,
} from "../../src/metering/index.ts";
import { openLedger } from "../../src/metering/ledger.ts";
import { type AppendFile, DirectoryFiles } from "../../src/metering/ledger-files.ts";
import { SimulatedClock } from "../../testkit/simulated-clock.ts";
import { record as recordAt, subject } from "./usage-records.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

let directory: string;
let clock: SimulatedClock;
let opened: UsageLedger[] = [];

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

function record(changes: Parameters<typeof recordAt>[1] = {}): UsageRecord {
  return recordAt(clock.now() - 100, changes);
}

/** Requests in [from, to). */
async function requests(ledger: UsageLedger, range = everything): Promise<number> {
  return (await ledger.usage(range)).reduce((sum, row) => sum + row.requests, 0);
}

const everything = { from: 0, to: Number.POSITIVE_INFINITY };

test("sums by subject, however it is cut", async () => {
  const ledger = await open();
  ledger.append(record());
  ledger.append(record({ status: "timeout", billedDurationMs: 900 }));
  ledger.append(record({ of: { name: "other", architecture: "arm64", ephemeralStorageMiB: 1_536 } }));
  ledger.append(record({ of: { version: "7", alias: "live", tags: { team: "a" } } }));
  ledger.append(record({ of: { version: "7", alias: "live", tags: { team: "a" } }, provisioned: true }));
  ledger.append(record({ of: { version: "7", alias: "live", tags: { team: "b" } }, furtherRequests: 2 }));
  ledger.append(record({ streamedBytes: 7 * 1_024 * 1_024 }));
  const check = async (opened: UsageLedger) =>
    assert.deepEqual(
      (await opened.usage(everything)).map((row) => [
        row.functionName,
        row.version,
        row.alias,
        row.tags?.["team"],
        row.provisioned,
        row.requests + row.furtherRequests,
        row.errors,
        row.billedMs,
        row.billedStreamedBytes,
      ]),
      [
        ["resize", "$LATEST", undefined, undefined, false, 3, 1, 1_100, 1_024 * 1_024],
        ["other", "$LATEST", undefined, undefined, false, 1, 0, 100, 0],
        ["resize", "7", "live", "a", false, 1, 0, 100, 0],
        ["resize", "7", "live", "a", true, 1, 0, 100, 0],
        ["resize", "7", "live", "b", false, 3, 0, 100, 0],
      ],
    );
  await check(ledger);
  await check(await reopen(ledger));
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
  assert.equal(await requests(ledger), 3);
});

test("an attempt whose id was made for it is accounted without being remembered", async () => {
  const ledger = await open();
  const first = record();
  assert.equal(ledger.append(first, true), true);
  assert.equal(ledger.append(first), true);
  assert.equal(ledger.append(first), false);
  assert.equal(await requests(ledger), 2);
});

test("what durable executions are charged counts once, in sums of its own, also across a restart", async () => {
  const charge = (number: number) => ({
    subject: subject({ name: "order" }),
    executionId: "a",
    number,
    startedAt: clock.now(),
    operations: 2,
    writtenBytes: 100,
    retainedByteSeconds: 0.5,
  });
  let ledger = await open();
  const [first, second] = [charge(1), charge(2)];
  assert.equal(ledger.appendDurable(first), true);
  ledger.append(recordAt(clock.now(), { of: { name: "order" } }));
  ledger = await reopen(ledger);
  assert.equal(ledger.appendDurable(first), false);
  assert.equal(ledger.appendDurable(second), true);
  await clock.advance(DAY_MS);
  assert.equal(ledger.appendDurable(second), false);
  assert.equal(ledger.appendDurable({ ...charge(1), executionId: "b" }), true);
  const check = async () =>
    assert.deepEqual(
      (await ledger.usage(everything)).map((row) => [
        row.functionName,
        row.requests,
        row.durableOperations,
        row.durableWrittenBytes,
        row.durableRetainedByteSeconds,
      ]),
      [
        ["order", 1, 4, 200, 1],
        ["order", 0, 2, 100, 0.5],
      ],
    );
  await check();
  ledger = await reopen(ledger);
  await check();
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
  assert.equal(await requests(ledger), 2);
});

test("what an invocation took after midnight counts on the day on which it began", async () => {
  let ledger = await open();
  clock = new SimulatedClock(Date.UTC(2026, 2, 10, 23, 59, 59));
  ledger = await reopen(ledger);
  const late = record();
  ledger.append(late);
  await clock.advance(5_000);
  ledger.amend(late, { billedDurationMs: 2_600, status: "timeout" });
  const midnight = Date.UTC(2026, 2, 11);
  const sums = async (range: { readonly from: number; readonly to: number }) => {
    const rows = await ledger.usage(range);
    const total = (of: (row: UsageRow) => number) => rows.reduce((sum, row) => sum + of(row), 0);
    return [total((row) => row.requests), total((row) => row.billedMs), total((row) => row.errors)];
  };
  for (const run of ["live", "reopened"]) {
    assert.deepEqual(await sums(everything), [1, 2_600, 1], run);
    assert.deepEqual(await sums({ from: 0, to: midnight }), [1, 2_600, 1], run);
    assert.deepEqual(await sums({ from: midnight, to: midnight + DAY_MS }), [0, 0, 0], run);
    ledger = await reopen(ledger);
  }
});

test("a day whose file cannot be made is accounted in memory until it can", async () => {
  let refusing = false;
  class Files extends DirectoryFiles {
    override append(name: string): AppendFile {
      if (refusing) throw Object.assign(new Error("too many open files"), { code: "EMFILE" });
      return super.append(name);
    }
  }
  const ledger = await openLedger({ files: new Files(directory), clock, log: silentLog });
  opened.push(ledger);
  ledger.append(record());
  await clock.advance(DAY_MS);
  refusing = true;
  assert.equal(ledger.append(record()), true);
  // By then the file of the day before is closed.
  await clock.advance(10_000);
  assert.equal(ledger.append(record()), true);
  assert.equal(await requests(ledger), 3);
  refusing = false;
  await clock.advance(10_000);
  await ledger.sync();
  assert.equal(await requests(ledger), 3);
  assert.equal(await requests(await reopen(ledger)), 3);
});

test("ranges cut hours exactly, by the begin of an invocation", async () => {
  let ledger = await open();
  const start = Date.UTC(2026, 2, 10, 9);
  for (let minute = 0; minute < 180; minute += 1)
    ledger.append(record({ startedAt: start + minute * 60_000 }));
  for (const run of ["live", "reopened"]) {
    const count = (from: number, to: number): Promise<number> =>
      requests(ledger, { from: start + from * 60_000, to: start + to * 60_000 });
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
    "usage-2026-03-10.days.json",
    "usage-2026-03-10.jsonl",
    "usage-2026-03-10.totals.json",
    "usage-2026-03-11.days.json",
    "usage-2026-03-11.jsonl",
    "usage-2026-03-11.totals.json",
    "usage-2026-03-12.jsonl",
  ]);
  assert.equal(await requests(ledger), 3);
  const oneDay = { from: Date.UTC(2026, 2, 11), to: Date.UTC(2026, 2, 12) };
  assert.equal(await requests(ledger, oneDay), 1);
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
  assert.equal(await requests(ledger), 3);
  const text = await readFile(file, "utf8");
  assert.ok(!text.includes("torn") && text.endsWith("\n"));
  ledger = await reopen(ledger);
  assert.equal(await requests(ledger), 3);
});

test("a file that holds nothing but a torn line is emptied", async () => {
  await writeFile(join(directory, "usage-2026-03-10.jsonl"), "x".repeat(200_000));
  const ledger = await open();
  assert.equal((await stat(join(directory, "usage-2026-03-10.jsonl"))).size, 0);
  assert.deepEqual(await ledger.usage(everything), []);
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
  assert.equal(await requests(ledger), 1);
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
  assert.equal(await requests(ledger), 3);
});

test("a question that meets records as they are forgotten is answered from the hours that are kept", async () => {
  let ledger = await open();
  const start = Date.UTC(2026, 2, 10, 9);
  for (const minute of [10, 20, 50]) ledger.append(record({ startedAt: start + minute * 60_000 }));
  await clock.advance(DAY_MS);
  ledger.append(record());
  await ledger.sync();
  await ledger.close();
  const files = new DirectoryFiles(directory);
  ledger = await openLedger({ files, clock, log: silentLog });
  opened.push(ledger);
  const size = files.size.bind(files);
  files.size = async (name) => {
    await files.remove("usage-2026-03-10.jsonl");
    return size(name);
  };
  const range = { from: start, to: start + 30 * 60_000 };
  assert.equal(await requests(ledger, range), 3, "an hour counts where it began");
  assert.equal(await requests(ledger), 4);
});

test("a clock that is set back appends to the newest day", async () => {
  const ledger = await open();
  ledger.append(record());
  await clock.advance(-2 * DAY_MS);
  ledger.append(record());
  assert.deepEqual(await readdir(directory), ["usage-2026-03-10.jsonl"]);
  assert.equal(await requests(ledger), 2);
});

test("what is accounted after a clock was set back far counts at once", async () => {
  let ledger = await open();
  ledger.append(record());
  await clock.advance(-9 * DAY_MS);
  ledger.append(record());
  for (const run of ["live", "reopened"]) {
    assert.equal(await requests(ledger, { from: Date.UTC(2026, 2), to: clock.now() + 1 }), 1, run);
    ledger = await reopen(ledger);
  }
});
