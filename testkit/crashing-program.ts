import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/**
 * Runs a program that says line by line what was acknowledged to it, and kills it in the middle of its work, as soon
 * as `enough` says so of the lines until then. Gives every whole line. A program that ends by itself fails the test.
 */
export async function runUntilKilled(
  program: URL,
  args: readonly string[],
  enough: (lines: readonly string[]) => boolean | Promise<boolean>,
): Promise<string[]> {
  const child = spawn(process.execPath, [fileURLToPath(program), ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  const lines: string[] = [];
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  try {
    let asking = false;
    for await (const line of createInterface(child.stdout)) {
      lines.push(line);
      if (asking || child.killed) continue;
      asking = true;
      void Promise.resolve(enough(lines)).then((now) => {
        asking = false;
        if (now) kill();
      }, kill);
    }
    const [, signal] = await exited;
    assert.equal(signal, "SIGKILL", "the program ended by itself");
    return lines;
  } finally {
    process.off("exit", kill);
    kill();
  }
}
