/**
 * Appends usage records to a ledger whose days fly by, so that it rolls up without end, and is killed in or before one
 * of its operations on files: `roll-up-writer.ts DIRECTORY START SEED`. Says what it found (`found N TIME`) and each
 * record when it begins (`try TIME`) and when it has been taken (`done TIME`), with the time on its clock.
 */

import { silentLog } from "../../src/base/index.ts";
import { openLedger } from "../../src/metering/ledger.ts";
import { DirectoryFiles, type LedgerFiles } from "../../src/metering/ledger-files.ts";
import { acknowledge } from "../../testkit/acknowledge.ts";
import { seededRandomness } from "../../testkit/seeded-randomness.ts";
import { SimulatedClock } from "../../testkit/simulated-clock.ts";
import { record } from "./usage-records.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const MOST_OPERATIONS = 150;
const everything = { from: 0, to: Number.POSITIVE_INFINITY };

const [directory = "", start = "", seed = ""] = process.argv.slice(2);
const random = seededRandomness(Number(seed));
const clock = new SimulatedClock(Number(start));
let left = 1 + random.below(MOST_OPERATIONS);

function die(): void {
  process.kill(process.pid, "SIGKILL");
}

/** The chosen operation is never begun, or cut off at some moment within it. */
function killable(files: LedgerFiles): LedgerFiles {
  return new Proxy(files, {
    get(target, name) {
      const method = Reflect.get(target, name) as (...args: unknown[]) => unknown;
      return (...args: unknown[]) => {
        left -= 1;
        if (left === 0) {
          const turns = random.below(6);
          if (turns === 0) die();
          else void dieAfter(turns);
        }
        return method.apply(target, args);
      };
    },
  });
}

async function dieAfter(turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  die();
}

const say = (word: string): void => acknowledge(`${word} ${clock.now()}`);

const ledger = await openLedger({ files: killable(new DirectoryFiles(directory)), clock, log: silentLog });
const requests = async (range = everything): Promise<number> =>
  (await ledger.usage(range)).reduce((sum, row) => sum + row.requests, 0);
const found = await requests();
// However it is cut: each half is summed up from hours and records, not from days.
const middle = clock.now() - random.below(30 * DAY_MS);
const halves = [
  await requests({ from: 0, to: middle }),
  await requests({ from: middle, to: Number.POSITIVE_INFINITY }),
];
if ((halves[0] ?? 0) + (halves[1] ?? 0) !== found)
  throw new Error(`${found} are cut into ${halves.join("+")}`);
say(`found ${found}`);
for (;;) {
  for (let number = random.below(4); number >= 0; number -= 1) {
    say("try");
    ledger.append(
      record(clock.now() - random.below(HOUR_MS), { requestId: `${process.pid}-${clock.now()}-${number}` }),
    );
    say("done");
  }
  await clock.advance(random.below(4) * DAY_MS + 8 * HOUR_MS);
  await ledger.sync();
}
