import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { createInterface } from "node:readline";

export interface DemoServer {
  readonly endpoint: string;
  readonly isolation: string;
  stop(): Promise<void>;
}

const command = path.join(import.meta.dirname, "..", "..", "bin", "lambkin.cjs");

/** Starts `lambkin start --ephemeral --port 0 --json`; unless it is kept, it ends with this process, however that ends. */
export async function startDemoServer(keep: boolean): Promise<DemoServer> {
  const server = spawn(
    process.execPath,
    [command, "start", "--ephemeral", "--port", "0", "--json", "--log-level", "error"],
    {
      detached: keep,
      stdio: keep ? ["ignore", "pipe", "ignore"] : ["ignore", "pipe", "inherit", "ipc"],
      env: { ...process.env, LAMBKIN_LAUNCHER: String(process.pid) },
    },
  );
  if (server.stdout === null) throw new Error("the server has no output");
  const exited = once(server, "exit");
  const endpoint = await Promise.race([
    readyEndpoint(server.stdout),
    exited.then(([code]) =>
      Promise.reject(new Error(`the server ended with exit code ${code} before it was ready`)),
    ),
  ]);
  const health = (await (await fetch(`${endpoint}/_lambkin/health`)).json()) as { isolation: string };
  if (keep) {
    server.stdout.destroy();
    server.unref();
  }
  return {
    endpoint,
    isolation: health.isolation,
    async stop() {
      server.kill("SIGTERM");
      await exited;
    },
  };
}

async function readyEndpoint(output: NodeJS.ReadableStream): Promise<string> {
  for await (const text of createInterface({ input: output })) {
    const event = JSON.parse(text) as { event: string; endpoint: string };
    if (event.event === "ready") return event.endpoint;
  }
  throw new Error("the server closed its output before it was ready");
}
