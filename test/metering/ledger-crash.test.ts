import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { silentLog, systemClock } from "../../src/base/index.ts";
import { openUsageLedger } from "../../src/metering/index.ts";
import { runUntilKilled } from "../../testkit/crashing-program.ts";
import { effort } from "../../testkit/effort.ts";

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
    const found = new Set([...texts.join("").matchAll(/"requestId":"([^"]+)"/g)].map((match) => match[1]));
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
