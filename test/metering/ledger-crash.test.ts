import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { silentLog, systemClock } from "../../src/base/index.ts";
import { openUsageLedger } from "../../src/metering/index.ts";

const writer = fileURLToPath(new URL("ledger-writer.ts", import.meta.url));

/** Runs the writer until it has acknowledged `least` records, kills it and returns all that it acknowledged. */
async function writeAndKill(directory: string, least: number): Promise<string[]> {
  const child = spawn(process.execPath, [writer, directory], { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  child.stdout.setEncoding("utf8");
  child.stdout.on("data", (text: string) => {
    output += text;
    if (output.split("\n").length > least) child.kill("SIGKILL");
  });
  const [, signal] = (await once(child, "close")) as [number | null, string | null];
  assert.equal(signal, "SIGKILL");
  return output.slice(0, output.lastIndexOf("\n")).split("\n");
}

test("a killed process loses no record that append has taken", async () => {
  const directory = await mkdtemp(join(tmpdir(), "lambkin-ledger-crash-"));
  try {
    const acknowledged: string[] = [];
    for (const least of [1, 300, 3_000]) acknowledged.push(...(await writeAndKill(directory, least)));
    assert.ok(acknowledged.length >= 3_301);
    const files = (await readdir(directory)).filter((name) => name.endsWith(".jsonl"));
    const texts = await Promise.all(files.map((name) => readFile(join(directory, name), "utf8")));
    const found = new Set([...texts.join("").matchAll(/"requestId":"([^"]+)"/g)].map((match) => match[1]));
    assert.deepEqual(
      acknowledged.filter((id) => !found.has(id)),
      [],
    );
    const ledger = await openUsageLedger({ directory, clock: systemClock, log: silentLog });
    const sums = await ledger.summarize({ from: 0, to: Number.POSITIVE_INFINITY });
    assert.equal(sums[0]?.requests, found.size);
    await ledger.close();
  } finally {
    await rm(directory, { recursive: true });
  }
});
