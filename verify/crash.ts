import type { Part } from "./part.ts";
import { runTestFiles } from "./test-files.ts";

const FILES = [
  "test/scenarios/crash.test.ts",
  "test/storage/crash.test.ts",
  "test/services/s3/crash.test.ts",
  "test/services/dynamodb/crash.test.ts",
  "test/functions/functions-crash.test.ts",
  "test/metering/ledger-crash.test.ts",
  "test/invoke/crash.test.ts",
  "test/sandbox/owner-death.test.ts",
];
/** Of a server under mixed load, in `npm test`. */
const KILLS = 3;
/** What a life of the server under load and its check take on an idle machine. */
const LIVES_A_MINUTE = 10;
const LEAST_FACTOR = 4;

export const crash: Part = {
  name: "crash",
  what: "servers and stores under load are killed (SIGKILL); what was acknowledged is there, nothing stays behind",
  minutes: 2,
  async run({ minutes, kills = Math.round(minutes * LIVES_A_MINUTE), say }) {
    const factor = Math.max(LEAST_FACTOR, Math.round((minutes * LIVES_A_MINUTE) / KILLS));
    const { passed, diagnostics } = await runTestFiles(FILES, {
      LAMBKIN_EFFORT: String(factor),
      LAMBKIN_KILLS: String(kills),
    });
    for (const line of diagnostics) say(line);
    return `${kills} kills of a server under mixed load, and ${passed - 1} tests that kill stores, ledger and spawner, ${factor} times as long as usual`;
  },
};
