/** `npm run check`: types, type-aware lint, format, dead code and boundaries. */
import { spawnSync } from "node:child_process";
import path from "node:path";

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
export function runChecks(): boolean {
  let passed = true;
  for (const { name, command } of CHECKS) {
    const [entry, ...args] = command;
    const started = performance.now();
    const result = spawnSync(process.execPath, [path.join(modules, entry), ...args], {
      cwd: root,
      encoding: "utf8",
    });
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    const ok = result.status === 0;
    process.stdout.write(`${ok ? "ok  " : "FAIL"} ${name} (${seconds} s)\n`);
    if (!ok)
      process.stdout.write(`${result.stdout ?? ""}${result.stderr ?? ""}${result.error?.message ?? ""}\n`);
    passed &&= ok;
  }
  return passed;
}

// The launcher imports this file, so that `import.meta.main` is false.
if (process.argv[1] === import.meta.filename) {
  const boundaries = spawnSync(process.execPath, ["--test", "--test-reporter=spec", "test/house/*.test.ts"], {
    cwd: root,
    stdio: "inherit",
  });
  process.exitCode = runChecks() && boundaries.status === 0 ? 0 : 1;
}
