/** Appends a numbered line every few milliseconds, says when it did, and waits to be killed. Argument: a directory. */

import { silentLog, systemClock } from "../../../src/base/index.ts";
import { createLogs } from "../../../src/services/logs/index.ts";
import { acknowledge } from "../../../testkit/acknowledge.ts";

const [directory = ""] = process.argv.slice(2);
const logs = createLogs({ directory, clock: systemClock, log: silentLog });
const stream = { account: "000000000000", region: "us-east-1", group: "g", stream: "s" };
let number = 0;
setInterval(() => {
  logs.sink.append(stream, [{ timestamp: systemClock.now(), message: String(number) }]);
  acknowledge(String(number));
  number += 1;
}, 5);
