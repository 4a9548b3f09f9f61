import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, test } from "node:test";
import { type Log, logsLimits, silentLog, systemClock } from "../../../src/base/index.ts";
import { createLogs, type LogsService } from "../../../src/services/logs/index.ts";
import type { RequestContext } from "../../../src/wire/index.ts";
import { runUntilKilled } from "../../../testkit/crashing-program.ts";
import { eventually } from "../../../testkit/eventually.ts";
import { SimulatedClock } from "../../../testkit/simulated-clock.ts";

const folder = mkdtempSync(path.join(tmpdir(), "lambkin-sink-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const STREAM = { account: "000000000000", region: "us-east-1", group: "g", stream: "s" };
const DAY_MS = 86_400_000;

function directory(): string {
  return mkdtempSync(path.join(folder, "logs-"));
}

function call(logs: LogsService, operation: string, input: object): Promise<any> {
  const { account, region } = STREAM;
  const context = { account, region } as unknown as RequestContext;
  return Promise.resolve(logs.service.operations[operation]?.(input, context));
}

async function messages(logs: LogsService): Promise<string[]> {
  const { events } = await call(logs, "GetLogEvents", {
    logGroupName: "g",
    logStreamName: "s",
    startFromHead: true,
  });
  return events.map(({ message }: { message: string }) => message);
}

/** How many events are in the file, which is read beside whoever has it open. */
function eventsOnDisk(where: string): number {
  const file = path.join(where, "logs.db");
  if (!existsSync(file)) return 0;
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    return Number(database.prepare("SELECT count(*) AS events FROM log_events").get()?.["events"]);
  } finally {
    database.close();
  }
}

test("what was appended can be read at once, in its order", async () => {
  const logs = createLogs({ directory: directory(), clock: new SimulatedClock(), log: silentLog });
  logs.sink.append(STREAM, [
    { timestamp: 1, message: "a" },
    { timestamp: 1, message: "b" },
  ]);
  assert.deepEqual(await messages(logs), ["a", "b"]);
  logs.sink.append(STREAM, [{ timestamp: 2, message: "c" }]);
  const { events } = await call(logs, "FilterLogEvents", { logGroupName: "g" });
  assert.equal(events.length, 3);
  await logs.close();
});

test("more than goes to the store at once is whole and in its order, in every stream", async () => {
  const logs = createLogs({ directory: directory(), clock: new SimulatedClock(), log: silentLog });
  const bytes = logsLimits.pieceBytes / 100;
  const lines = (count: number, name: string) =>
    Array.from({ length: count }, (_, at) => `${name} ${at} `.padEnd(bytes, "x"));
  const written: Record<string, string[]> = {
    many: lines(250, "many"),
    few: lines(3, "few"),
    large: ["y".repeat(logsLimits.pieceBytes - 1), ...lines(99, "large")],
    exact: lines(101, "exact"),
  };
  for (const [stream, messages] of Object.entries(written))
    logs.sink.append(
      { ...STREAM, stream },
      messages.map((message) => ({ timestamp: 1, message })),
    );
  for (const [logStreamName, expected] of Object.entries(written)) {
    const input = { logGroupName: "g", logStreamName, startFromHead: true };
    const { events } = await call(logs, "GetLogEvents", input);
    assert.deepEqual(
      events.map(({ message }: { message: string }) => message),
      expected,
      logStreamName,
    );
  }
  await logs.close();
});

test("a full buffer drops what comes next and says how much", async () => {
  const warnings: unknown[] = [];
  const log: Log = { ...silentLog, warn: (message, fields) => void warnings.push([message, fields]) };
  const logs = createLogs({ directory: directory(), clock: new SimulatedClock(), log });
  const event = { timestamp: 1, message: "kept" };
  const room = Array.from({ length: logsLimits.bufferedEvents }, () => event);
  logs.sink.append(STREAM, room);
  logs.sink.append(STREAM, [event, event, event]);
  const { logStreams } = await call(logs, "DescribeLogStreams", { logGroupName: "g" });
  assert.equal(logStreams.length, 1);
  assert.deepEqual(warnings, [["log events dropped: the buffer is full", { dropped: 3 }]]);
  logs.sink.append({ ...STREAM, stream: "later" }, [{ timestamp: 2, message: "there is room again" }]);
  const { events } = await call(logs, "FilterLogEvents", {
    logGroupName: "g",
    filterPattern: '"room again"',
    logStreamNames: ["later"],
  });
  assert.equal(events.length, 1);
  await logs.close();
});

test("retention deletes what is older than its group keeps it, and nothing else", async () => {
  const clock = new SimulatedClock(Date.UTC(2026, 0, 15, 12));
  const logs = createLogs({ directory: directory(), clock, log: silentLog });
  const at = (age: number) => ({ timestamp: clock.now() - age * DAY_MS, message: `${age} days` });
  logs.sink.append(STREAM, [at(9), at(4), at(2), at(0)]);
  logs.sink.append({ ...STREAM, group: "unlimited" }, [at(999)]);
  assert.equal((await messages(logs)).length, 4);
  await call(logs, "PutRetentionPolicy", { logGroupName: "g", retentionInDays: 3 });
  /** Lets time pass; the sweep runs in the store's thread and arms the next one when it has ended. */
  const pass = async (durationMs: number) => {
    await clock.advance(durationMs);
    await eventually(() => clock.pendingTimers > 0 || undefined, { what: "the end of a sweep" });
  };
  await pass(logsLimits.retentionSweepMs);
  assert.deepEqual(await messages(logs), ["2 days", "0 days"]);
  await pass(2 * DAY_MS);
  await pass(logsLimits.retentionSweepMs);
  assert.deepEqual(await messages(logs), ["0 days"]);
  const { events } = await call(logs, "FilterLogEvents", { logGroupName: "unlimited" });
  assert.equal(events.length, 1);
  await logs.close();
});

test("what was appended goes to the disk as soon as the flush window is over, whether or not it is read", async () => {
  const where = directory();
  const clock = new SimulatedClock();
  const logs = createLogs({ directory: where, clock, log: silentLog });
  for (let events = 1; events <= 3; events += 1) {
    logs.sink.append(STREAM, [{ timestamp: events, message: String(events) }]);
    await clock.advance(logsLimits.flushMs);
    await eventually(() => eventsOnDisk(where) === events || undefined, {
      what: `event ${events} on the disk`,
    });
  }
  await logs.close();
});

test("a kill loses nothing that a flush has brought to the disk, and nothing in between", async () => {
  const where = directory();
  const writer = new URL("sink-writer.ts", import.meta.url);
  let safe = 0;
  const lines = await runUntilKilled(writer, [where], async (told) => {
    if (told.length < 600) return false;
    safe = told.length;
    await eventually(() => eventsOnDisk(where) >= safe || undefined, { what: `${safe} lines on the disk` });
    return true;
  });
  const logs = createLogs({ directory: where, clock: systemClock, log: silentLog });
  const kept = await messages(logs);
  await logs.close();
  assert.deepEqual(
    kept,
    kept.map((_, index) => String(index)),
    "no line is missing before the last",
  );
  assert.ok(kept.length >= safe && safe >= 600, `${kept.length} of ${lines.length} kept, ${safe} safe`);
});

test("logs that are closed make no file any more", async () => {
  const kept = directory();
  const logs = createLogs({ directory: kept, clock: systemClock, log: silentLog });
  await logs.close();
  logs.sink.append(STREAM, [{ timestamp: systemClock.now(), message: "too late" }]);
  await assert.rejects(messages(logs), { name: "StorageError", code: "closed" });
  assert.deepEqual(readdirSync(kept), []);
});
