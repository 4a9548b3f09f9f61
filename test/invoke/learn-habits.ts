/** Invokes a function at the pace that is its habit, says when that is kept, and goes on until it is killed. */
import { writeSync } from "node:fs";
import { keepAliveLimits, silentLog, systemClock, systemRandomness } from "../../src/base/index.ts";
import { openSqliteStorage } from "../../src/storage/index.ts";
import { InvokeWorld } from "../../testkit/invoke-world.ts";

const [directory = "", times = "0", minutes = "0"] = process.argv.slice(2);
const storage = await openSqliteStorage({
  directory,
  clock: systemClock,
  randomness: systemRandomness,
  log: silentLog,
});
const world = new InvokeWorld({ state: storage.state });
world.catalog.put("f");
for (;;) {
  for (let n = 0; n < Number(times); n += 1) {
    const answering = world.invoke("f");
    await world.clock.advance(1_000);
    await answering;
    await world.clock.advance(Number(minutes) * 60_000);
  }
  await world.clock.advance(keepAliveLimits.saveMs);
  // A store writes in the order in which it is asked: what the clock set going is kept when this is.
  await storage.state.put("learned", true);
  writeSync(1, "kept\n");
}
