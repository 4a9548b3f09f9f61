import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { finished } from "node:stream/promises";
import { patience } from "./patience.ts";

const command = path.join(import.meta.dirname, "..", "bin", "lambkin.cjs");

export interface LambkinServer extends AsyncDisposable {
  readonly endpoint: string;
  readonly pid: number;
  readonly dataDirectory: string;
  /** Settings for SDK clients. */
  readonly client: {
    readonly endpoint: string;
    readonly region: string;
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  };
  /** What it wrote to standard error so far. */
  errorOutput(): string;
  /** Sends a signal and resolves with the exit code when the process is gone and all that it wrote is read. */
  end(signal: "SIGTERM" | "SIGINT" | "SIGKILL"): Promise<number | null>;
}

/**
 * Starts the command in a process of its own, on a free port, and waits until it is ready. `by` is a command that
 * executes what follows it.
 */
export async function startLambkin(
  options: { dataDirectory?: string; args?: readonly string[]; by?: readonly string[] } = {},
): Promise<LambkinServer> {
  const own = options.dataDirectory === undefined;
  const dataDirectory = options.dataDirectory ?? mkdtempSync(path.join(os.tmpdir(), "lambkin-test-"));
  const args = ["start", "--json", "--port", "0", "--data", dataDirectory, ...(options.args ?? [])];
  const [program, ...rest] = [...(options.by ?? []), process.execPath, command, ...args] as [
    string,
    ...string[],
  ];
  const child = spawn(program, rest, {
    // The channel ties the server to this process: it can't outlive a test run that is killed.
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    env: { ...process.env, LAMBKIN_LAUNCHER: String(process.pid) },
  });
  const { stderr } = child;
  if (stderr === null) throw new Error("the server has no standard error");
  let errors = "";
  stderr.setEncoding("utf8").on("data", (chunk: string) => {
    errors += chunk;
  });
  // What it wrote last may be read after its end.
  const ended = Promise.all([once(child, "exit"), finished(stderr)]);
  const ready = await Promise.race([
    readyEvent(child),
    ended.then(([[code]]) => Promise.reject(new Error(`the server ended with ${code}:\n${errors}`))),
  ]);
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    await ended;
    return child.exitCode;
  };
  return {
    ...ready,
    dataDirectory,
    client: {
      endpoint: ready.endpoint,
      region: "us-east-1",
      credentials: { accessKeyId: "test", secretAccessKey: "test" },
    },
    errorOutput: () => errors,
    end,
    async [Symbol.asyncDispose]() {
      await end("SIGTERM");
      if (own) rmSync(dataDirectory, { recursive: true, force: true });
    },
  };
}

async function readyEvent(child: ChildProcess): Promise<{ endpoint: string; pid: number }> {
  if (child.stdout === null) throw new Error("the server has no output");
  for await (const line of createInterface({ input: child.stdout })) {
    const event = JSON.parse(line) as { event: string; endpoint: string; pid: number };
    if (event.event === "ready") {
      child.stdout.resume();
      return { endpoint: event.endpoint, pid: event.pid };
    }
  }
  // It is about to end; whoever waits for that knows its last words.
  return new Promise(() => undefined);
}

/** A program that does not end is ended, and its test fails instead of waiting. */
const RUN_MOST_MS = 300_000;

export interface CommandResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end. */
export async function run(
  program: string,
  args: readonly string[],
  options: { env?: NodeJS.ProcessEnv; cwd?: string } = {},
): Promise<CommandResult> {
  const child = spawn(program, args, {
    stdio: ["ignore", "pipe", "pipe"],
    timeout: patience(RUN_MOST_MS),
    killSignal: "SIGKILL",
    ...options,
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (stdout += chunk));
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => (stderr += chunk));
  const [code] = (await once(child, "close")) as [number | null];
  return { code, stdout, stderr };
}

/** Runs `lambkin` with these arguments. */
export function lambkin(...args: string[]): Promise<CommandResult> {
  return run(process.execPath, [command, ...args]);
}
