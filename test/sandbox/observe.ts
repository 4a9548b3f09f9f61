import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createConnection } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import type { SandboxProcess } from "../../src/environments/sandbox/index.ts";
import { patience } from "../../testkit/patience.ts";

/** Waits for a condition, bounded; fails by its text. */
export async function until(condition: () => boolean | Promise<boolean>, boundMs = 5_000): Promise<void> {
  const end = performance.now() + patience(boundMs);
  while (!(await condition())) {
    assert.ok(performance.now() < end, `not within ${boundMs} ms: ${condition.toString()}`);
    await delay(5);
  }
}

/** Whether a process runs; one that merely waits to be reaped does not. */
export function alive(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "latin1"));
  } catch {
    return false;
  }
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
