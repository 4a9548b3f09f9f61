// Appends usage records until it is killed, acknowledging each on standard output after `append` returned.

import { silentLog, systemClock } from "../../src/base/index.ts";
import { openUsageLedger } from "../../src/metering/index.ts";
import { acknowledge } from "../../testkit/acknowledge.ts";
import { record } from "./usage-records.ts";

const directory = process.argv[2];
if (directory === undefined) throw new Error("usage: ledger-writer.ts DIRECTORY");
const ledger = await openUsageLedger({ directory, clock: systemClock, log: silentLog });
for (let number = 0; ; number += 1) {
  const requestId = `${process.pid}-${number}`;
  ledger.append(record(systemClock.now(), { requestId }));
  acknowledge(requestId);
  if (number % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
}
