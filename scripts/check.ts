/** `npm run check`: types, type-aware lint, format, dead code and boundaries. */
import { spawnSync } from "node:child_process";
import path from "node:path";
import { run } from "./setup/run.ts";

const root = path.join(import.meta.dirname, "..");
const modules = path.join(root, "node_modules");

/** Each check is a tool's entry and its arguments, run on this Node.js. */
const CHECKS: readonly { readonly name: string; readonly command: readonly [string, ...string[]] }[] = [
  { name: "types", command: ["typescript/bin/tsc", "-p", "."] },
  {
    name: "lint",
    command: [
      "oxlint/bin/oxlint",
      "--type-aware",
      "--deny-warnings",
      "src",
      "testkit",
      "test",
      "scripts",
      "bin",
      "bench",
      "verify",
    ],
  },
  { name: "format", command: ["@biomejs/biome/bin/biome", "check", "."] },
  { name: "dead code", command: ["knip/bin/knip.js"] },
];

/** Runs all checks, printing the output of those that fail; true if none does. */
export async function runChecks(): Promise<boolean> {
  let passed = true;
  for (const { name, command } of CHECKS) {
    const [entry, ...args] = command;
    const started = performance.now();
    const failure = await run(process.execPath, [path.join(modules, entry), ...args], { cwd: root }).then(
      () => undefined,
      (error: Error) => error.message,
    );
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    process.stdout.write(`${failure === undefined ? "ok  " : "FAIL"} ${name} (${seconds} s)\n`);
    if (failure !== undefined) process.stdout.write(`${failure}\n`);
    passed &&= failure === undefined;
  }
  return passed;
}

// The launcher imports this file, so that `import.meta.main` is false.
if (process.argv[1] === import.meta.filename) {
  const boundaries = spawnSync(process.execPath, ["--test", "--test-reporter=spec", "test/house/*.test.ts"], {
    cwd: root,
    stdio: "inherit",
  });
  process.exitCode = (await runChecks()) && boundaries.status === 0 ? 0 : 1;
}
