import { randomInt } from "node:crypto";
import type { Part } from "./part.ts";
import { runTestFiles } from "./test-files.ts";

const FILES = [
  "test/simulation/*.test.ts",
  "test/environments/runtime-api-fuzz.test.ts",
  "test/sandbox/spawner-fuzz.test.ts",
];

export const fuzz: Part = {
  name: "fuzz",
  what: "all seeded simulations and fuzz tests, again and again with new seeds",
  minutes: 5,
  async run({ minutes, say }) {
    const until = performance.now() + minutes * 60_000;
    let seeds = 0;
    let passed = 0;
    do {
      const seed = randomInt(2 ** 32);
      ({ passed } = await runTestFiles(FILES, { LAMBKIN_SEED: String(seed) }));
      seeds += 1;
      say(`seed ${seed}: ${passed} tests passed`);
    } while (performance.now() < until);
    return `${seeds} seeds, ${passed} tests each`;
  },
};
