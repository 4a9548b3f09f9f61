import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createConnection } from "node:net";
import { setTimeout as delay, setImmediate as nextTurn } from "node:timers/promises";
import type { SandboxProcess } from "../../src/environments/sandbox/index.ts";
import { patience } from "../../testkit/patience.ts";

/** Long, because it says nothing of how soon something happens: a busy machine may take its time. */
const MOST_MS = 60_000;

/** Waits for a condition, bounded; fails by its text. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + patience(MOST_MS);
  while (!(await condition())) {
    assert.ok(performance.now() < end, `not within ${MOST_MS} ms: ${condition.toString()}`);
    await delay(5);
  }
}

/** Resolves when everything has been read that was in a pipe before: a turn looks at all of them. */
export async function drained(): Promise<void> {
  for (let turn = 0; turn < 2; turn++) await nextTurn();
}

/** Whether a process runs; one that merely waits to be reaped does not. */
export function alive(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "latin1"));
  } catch {
    return false;
  }
}

/**
 * Whether a process has come to rest after a signal that stops it: for a moment it may still be where it was. One that
 * waits for its child to execute a program, as shells do, stays in that wait if the child was stopped first.
 */
export function stopped(pid: number): boolean {
  return /^State:\s+[TD]/m.test(readFileSync(`/proc/${pid}/status`, "latin1"));
}

/** All output of a process, to its end. */
export async function outputOf(process: Pick<SandboxProcess, "output">): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.output) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

/** What a listener at `host:port` sends before it ends the connection. */
export function readFrom(address: string): Promise<string> {
  const [host, port] = address.split(":");
  return new Promise((resolve, reject) => {
    let received = "";
    createConnection(Number(port), host)
      .on("data", (data) => (received += String(data)))
      .on("end", () => resolve(received))
      .on("error", reject);
  });
}
