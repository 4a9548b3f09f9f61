/**
 * `npm test`: sets up the tools that the tests drive, checks the house, then runs every test.
 * Arguments are test files or globs; without any, all run.
 */
import { globSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { runChecks } from "./check.ts";
import { setUpTests } from "./setup/tests.ts";
import { longestFirst } from "./test/order.ts";

const chosen = process.argv.slice(2);

/** Many times what any test takes: one that hangs fails by its name. */
const HUNG_MS = 600_000;

/** One more than a small machine has processors, because tests also wait. */
const FILES_AT_ONCE = 3;

/** What each file of the last run took, longest first: what `test/order.ts` goes by. */
const SECONDS_FILE = "node_modules/.cache/lambkin/test-seconds.txt";

async function main(): Promise<boolean> {
  // Of the checks none needs what is set up, and downloads leave them time.
  const [tests, passed] = await Promise.all([setUpTests(), chosen.length > 0 || runChecks()]);
  try {
    return passed && (await runFiles(tests.root, tests.environment));
  } finally {
    tests.cleanUp();
  }
}

/** Runs the chosen test files and prints what comes of them; true if none failed. */
async function runFiles(cwd: string, environment: NodeJS.ProcessEnv): Promise<boolean> {
  const patterns = chosen.length > 0 ? chosen : ["test/**/*.test.ts"];
  const files = longestFirst(globSync(patterns, { cwd })).map((file) => path.resolve(cwd, file));
  if (files.length === 0) throw new Error(`there is no test file ${patterns.join(" nor ")}`);
  Object.assign(process.env, environment);
  const ended = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => ended.abort());
  const seconds = new Map<string, number>();
  let failed = false;
  const running = run({ files, cwd, concurrency: FILES_AT_ONCE, timeout: HUNG_MS, signal: ended.signal })
    .on("test:fail", () => (failed = true))
    .on("test:summary", ({ duration_ms, file }) => {
      if (file !== undefined) seconds.set(path.relative(cwd, file), duration_ms / 1_000);
    });
  for await (const text of running.compose(spec)) process.stdout.write(text);
  noteSeconds(path.join(cwd, SECONDS_FILE), seconds);
  return !failed;
}

function noteSeconds(target: string, seconds: ReadonlyMap<string, number>): void {
  const lines = [...seconds]
    .toSorted(([, one], [, other]) => other - one)
    .map(([file, took]) => `${took.toFixed(1).padStart(6)} s  ${file}\n`);
  mkdirSync(path.dirname(target), { recursive: true });
  writeFileSync(target, lines.join(""));
}

process.exitCode = (await main()) ? 0 : 1;
