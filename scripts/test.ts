/**
 * `npm test`: sets up the tools that the tests drive, checks the house, then runs every test.
 * Arguments are test files or globs; without any, all run.
 */
import { spawnSync } from "node:child_process";
import { runChecks } from "./check.ts";
import { setUpTests } from "./setup/tests.ts";

const chosen = process.argv.slice(2);

/** Many times what any test takes: one that hangs fails by its name. */
const HUNG_MS = 600_000;

function main(): number {
  const tests = setUpTests();
  try {
    if (chosen.length === 0 && !runChecks()) return 1;
    const files = chosen.length === 0 ? ["test/**/*.test.ts"] : chosen;
    const run = spawnSync(
      process.execPath,
      ["--test", "--test-concurrency=2", "--test-reporter=spec", `--test-timeout=${HUNG_MS}`, ...files],
      {
        cwd: tests.root,
        stdio: "inherit",
        env: tests.environment,
      },
    );
    return run.status ?? 1;
  } finally {
    tests.cleanUp();
  }
}

process.exitCode = main();
