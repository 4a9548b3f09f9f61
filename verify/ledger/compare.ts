import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import type { Kind } from "./functions.ts";
import type { Heard } from "./load.ts";

/** One line of what the handlers wrote. */
interface Note {
  readonly what: "start" | "answer";
  readonly requestId: string;
  readonly functionName: string;
  /** Names one process for good. */
  readonly process: string;
  readonly time: number;
}

interface LedgerLine {
  readonly requestId?: string;
  readonly amends?: string;
  readonly attempt: number;
  readonly functionName: string;
  readonly status: string;
  readonly startedAt: number;
  readonly billedDurationMs: number;
  readonly furtherBilledMs?: number;
}

export interface Comparison {
  readonly starts: number;
  /** Starts whose handler answered or ran into its time-out. */
  readonly answered: number;
  readonly records: number;
  /** Starts without a record of their own, all of them the last of a process that a kill ended. */
  readonly cutOff: number;
  /** Starts of events that had a record already, but whose end was not kept when a kill came: the attempt counts once. */
  readonly repeated: number;
  /** Records of invocations whose time was over while their runtime still started anew. */
  readonly neverBegan: number;
  readonly amendments: number;
  readonly byFunction: Readonly<Record<string, number>>;
  readonly billedMs: number;
}

/**
 * The ledger against what the handlers wrote themselves. They may differ by this alone: a process that runs a handler
 * when the server is killed may have started it, and even answered, with nobody left to account for it. Whoever heard
 * an answer finds its record; so does every accepted event, once, which runs again if the first run was cut off, or its
 * record was written and its end not yet kept. And an
 * invocation that has to start its runtime anew after a time-out may run out of time before its handler starts.
 */
export function compare(options: {
  readonly sink: string;
  readonly dataDirectory: string;
  readonly heard: Heard;
  /** Epoch milliseconds between which the server was killed and gone. */
  readonly kills: readonly { readonly from: number; readonly to: number }[];
}): Comparison {
  const { heard, kills } = options;
  const notes = readNotes(options.sink);
  const { lines, amendments } = readLedger(options.dataDirectory);

  const records = new Map<string, LedgerLine>();
  for (const line of lines) {
    const key = `${line.requestId}#${line.attempt}`;
    assert.ok(!records.has(key), `${key} is in the ledger twice`);
    assert.equal(line.attempt, 1, `${key}: nothing here is tried again`);
    records.set(key, line);
  }

  const expect = (calls: ReadonlyMap<string, Kind>, what: string): void => {
    for (const [requestId, kind] of calls) {
      const line = records.get(`${requestId}#1`);
      assert.ok(line !== undefined, `${requestId} of ${kind.functionName} was ${what} and is not metered`);
      assert.equal(line.functionName, kind.functionName);
      assert.equal(line.status, kind.status, `${requestId} of ${kind.functionName}`);
    }
  };
  expect(heard.answered, "answered");
  expect(heard.accepted, "accepted");

  const starts = Map.groupBy(
    notes.filter(({ what }) => what === "start"),
    ({ requestId }) => requestId,
  );
  const neverBegan = lines.filter(({ requestId = "" }) => !starts.has(requestId));
  for (const { requestId, functionName, status } of neverBegan)
    assert.equal(
      status,
      "timeout",
      `${requestId} of ${functionName} is metered and no handler started for it`,
    );

  const last = new Map<string, Note>();
  for (const note of notes) if (note.what === "start") last.set(note.process, note);
  let cutOff = 0;
  let repeated = 0;
  for (const [requestId, ofRequest] of starts) {
    const unaccounted = ofRequest.length - (records.has(`${requestId}#1`) ? 1 : 0);
    if (unaccounted === 0) continue;
    const explained = ofRequest.filter(
      (start) => last.get(start.process) === start && kills.some(({ to }) => start.time <= to),
    );
    const record = records.get(`${requestId}#1`);
    const again = ofRequest.filter(
      (start) =>
        record !== undefined &&
        heard.accepted.has(requestId) &&
        kills.some(({ to }) => record.startedAt <= to && start.time > to),
    );
    if (explained.length < unaccounted && again.length === unaccounted) {
      repeated += unaccounted;
      continue;
    }
    assert.ok(
      explained.length >= unaccounted,
      `${requestId}: ${unaccounted} of ${ofRequest.length} starts have no record, and a kill explains ${explained.length}`,
    );
    cutOff += unaccounted;
  }

  const all = notes.filter(({ what }) => what === "start").length;
  assert.equal(
    lines.length - neverBegan.length,
    all - cutOff - repeated,
    "starts less those that were cut off",
  );
  const timeouts = lines.filter(({ status }) => status === "timeout").length - neverBegan.length;
  const byFunction: Record<string, number> = {};
  for (const { functionName } of lines) byFunction[functionName] = (byFunction[functionName] ?? 0) + 1;
  const billed = lines.reduce((sum, line) => sum + line.billedDurationMs, 0);
  return {
    starts: all,
    answered: notes.length - all + timeouts,
    records: lines.length,
    cutOff,
    repeated,
    neverBegan: neverBegan.length,
    amendments: amendments.length,
    byFunction,
    billedMs: amendments.reduce((sum, line) => sum + (line.furtherBilledMs ?? 0), billed),
  };
}

function readNotes(sink: string): Note[] {
  return readFileSync(sink, "utf8")
    .split("\n")
    .filter(Boolean)
    .map((line) => {
      const [what, requestId = "", functionName = "", process = "", time] = line.split(" ");
      assert.ok(what === "start" || what === "answer", line);
      return { what, requestId, functionName, process, time: Number(time) };
    });
}

function readLedger(dataDirectory: string): { lines: LedgerLine[]; amendments: LedgerLine[] } {
  const directory = path.join(dataDirectory, "usage");
  const all = readdirSync(directory)
    .filter((name) => name.endsWith(".jsonl"))
    .flatMap((name) => readFileSync(path.join(directory, name), "utf8").split("\n").filter(Boolean))
    .map((line) => JSON.parse(line) as LedgerLine);
  return {
    lines: all.filter(({ requestId }) => requestId !== undefined),
    amendments: all.filter(({ amends }) => amends !== undefined),
  };
}
