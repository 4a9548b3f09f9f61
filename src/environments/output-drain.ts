import type { Readable } from "node:stream";
import { finished } from "node:stream/promises";
import { type Clock, environmentLimits, sleep } from "../base/index.ts";
import type { OutputPace } from "./output-pace.ts";
import type { RunningProcess } from "./running-process.ts";

/** A background thread that prints without end holds up nobody's answer. */
const TURNS_MOST = 8;

/**
 * Output travels through a pipe and answers through a socket. What a runtime wrote before it asked for more is in
 * the pipe by then, and ready whenever its answer is, so the rest of this turn of the event loop reads it, unless
 * the pipe was not read for its pace; turns are added while more arrives. After an exit the ends of its pipes tell,
 * unless somebody else still holds them open.
 */
export async function drainOutput(
  runtime: RunningProcess | undefined,
  pace: OutputPace,
  clock: Clock,
): Promise<void> {
  const wasHeld = pace.lift();
  try {
    if (runtime?.exit !== undefined) await closed(runtime.openOutputs, clock);
    const most = (runtime?.receivedBytes ?? 0) + environmentLimits.outputDrainBytes;
    for (let turns = 0; turns < TURNS_MOST; turns++) {
      const before = runtime?.receivedBytes ?? 0;
      await nextTurn();
      if (wasHeld) await nextTurn();
      const after = runtime?.receivedBytes ?? 0;
      if (after === before || after > most) break;
    }
  } finally {
    pace.restore();
  }
}

async function closed(open: readonly Readable[], clock: Clock): Promise<void> {
  if (open.length === 0) return;
  const ended = new AbortController();
  const all = open.map((output) =>
    finished(output, { writable: false, signal: ended.signal }).catch(() => undefined),
  );
  void Promise.all(all).then(() => ended.abort());
  await sleep(clock, environmentLimits.outputDrainMs, ended.signal);
  ended.abort();
}

/** Cheaper than the one of node:timers/promises, which looks at options first. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
