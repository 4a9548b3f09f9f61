/**
 * `npm test`: sets up the tools that the tests drive, checks the house, then runs every test.
 * Arguments are test files or globs; without any, all run.
 */
import { spawnSync } from "node:child_process";
import path from "node:path";
import { runChecks } from "./check.ts";
import { installAwsClients } from "./setup/aws-clients.ts";
import { installCompiler } from "./setup/compiler.ts";

const root = path.join(import.meta.dirname, "..");
const chosen = process.argv.slice(2);

function main(): number {
  installCompiler();
  const clients = installAwsClients(path.join(root, "node_modules", ".cache", "lambkin"));
  if (chosen.length === 0 && !runChecks()) return 1;
  const tests = spawnSync(
    process.execPath,
    ["--test", "--test-reporter=spec", ...(chosen.length === 0 ? ["test/**/*.test.ts"] : chosen)],
    {
      cwd: root,
      stdio: "inherit",
      env: { ...process.env, LAMBKIN_TEST_CLIENTS: clients },
    },
  );
  return tests.status ?? 1;
}

process.exitCode = main();
