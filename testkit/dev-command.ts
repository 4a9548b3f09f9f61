import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { eventually } from "./eventually.ts";

const command = path.join(import.meta.dirname, "..", "bin", "lambkin.cjs");

/** Files of a project in a directory of their own. */
export function project(files: Readonly<Record<string, string>>) {
  const root = mkdtempSync(path.join(os.tmpdir(), "lambkin-project-"));
  chmodSync(root, 0o755);
  const write = (file: string, text: string) => {
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    writeFileSync(path.join(root, file), text);
  };
  for (const [file, text] of Object.entries(files)) write(file, text);
  return { root, write, [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }) };
}

/** `lambkin dev` with a server of its own on a free port, in a process of its own. */
export async function startDev(root: string, ...args: readonly string[]) {
  const dataDirectory = mkdtempSync(path.join(os.tmpdir(), "lambkin-dev-"));
  const child = spawn(
    process.execPath,
    [command, "dev", root, "--port", "0", "--data", dataDirectory, ...args],
    {
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      env: { ...process.env, LAMBKIN_LAUNCHER: String(process.pid) },
    },
  );
  let output = "";
  child.stdout?.setEncoding("utf8").on("data", (chunk: string) => (output += chunk));
  child.stderr?.setEncoding("utf8").on("data", (chunk: string) => (output += chunk));
  const exited = once(child, "exit");
  /** The first match in what it wrote so far, or will. */
  const said = (pattern: RegExp) =>
    eventually(
      () => {
        const found = pattern.exec(output);
        if (found === null && child.exitCode !== null) throw new Error(`it ended:\n${output}`);
        return found ?? undefined;
      },
      { what: `${pattern} in:\n${output}` },
    );
  const [, endpoint = ""] = await said(/ready on (http\S+)/);
  return {
    endpoint,
    dataDirectory,
    said,
    output: () => output,
    client: {
      endpoint,
      region: "us-east-1",
      credentials: { accessKeyId: "test", secretAccessKey: "test" },
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill("SIGINT");
        await exited;
      }
      rmSync(dataDirectory, { recursive: true, force: true });
    },
  };
}
