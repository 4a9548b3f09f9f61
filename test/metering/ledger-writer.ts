// Appends usage records until it is killed, acknowledging each on standard output after `append` returned.
import { writeSync } from "node:fs";
import { silentLog, systemClock } from "../../src/base/index.ts";
import { openUsageLedger } from "../../src/metering/index.ts";

const directory = process.argv[2];
if (directory === undefined) throw new Error("usage: ledger-writer.ts DIRECTORY");
const ledger = await openUsageLedger({ directory, clock: systemClock, log: silentLog });
for (let number = 0; ; number += 1) {
  ledger.append({
    requestId: `${process.pid}-${number}`,
    attempt: 1,
    account: "000000000000",
    region: "us-east-1",
    functionName: "f",
    version: "$LATEST",
    architecture: "x86_64",
    memoryMiB: 128,
    ephemeralStorageMiB: 512,
    startedAt: systemClock.now(),
    durationMs: 1.5,
    billedDurationMs: 2,
    status: "success",
  });
  writeSync(1, `${process.pid}-${number}\n`);
  if (number % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
}
