import { spawn } from "node:child_process";
import { once } from "node:events";
import { setUpTests } from "../scripts/setup/tests.ts";

/** Runs test files in a process of their own; throws with their output if one fails. Gives their diagnostics. */
export async function runTestFiles(
  files: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<{ readonly passed: number; readonly diagnostics: readonly string[] }> {
  const tests = await setUpTests();
  try {
    const child = spawn(process.execPath, ["--test", "--test-reporter=tap", ...files], {
      cwd: tests.root,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...tests.environment, ...environment },
    });
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (output += text));
    const [code] = (await once(child, "close")) as [number | null];
    const settings = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
    if (code !== 0) throw new Error(`${settings.join(" ")} npm test -- ${files.join(" ")}\n${output}`);
    return {
      passed: Number(/^# pass (\d+)$/m.exec(output)?.[1] ?? 0),
      diagnostics: [
        ...output.matchAll(/^ *# (?!Subtest|tests|suites|pass|fail|cancelled|skipped|todo|duration)(.+)$/gm),
      ].map(([, line = ""]) => line),
    };
  } finally {
    tests.cleanUp();
  }
}
