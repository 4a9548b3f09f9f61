/**
 * The baseline of warm invocations: a `node:http` server that does the same three exchanges (invoke, next, response)
 * and nothing else, with the same bootstrap as its runtime. Prints its port when the runtime waits for work.
 */
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { startBootstrap } from "./start-bootstrap.ts";

const [folder = "."] = process.argv.slice(2);
const bootstrap = path.join(
  import.meta.dirname,
  "..",
  "src",
  "runtimes",
  "nodejs",
  "bootstrap",
  "bootstrap.cjs",
);

interface Invocation {
  readonly id: string;
  readonly body: Buffer;
  readonly response: ServerResponse;
}

const waiting: Invocation[] = [];
const running = new Map<string, Invocation>();
let next: ServerResponse | undefined;
let count = 0;

function pump(): void {
  const invocation = next === undefined ? undefined : waiting.shift();
  if (invocation === undefined) return;
  running.set(invocation.id, invocation);
  next
    ?.writeHead(200, {
      "Lambda-Runtime-Aws-Request-Id": invocation.id,
      "Lambda-Runtime-Deadline-Ms": String(Date.now() + 30_000),
      "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:us-east-1:000000000000:function:bare",
      "Content-Length": invocation.body.length,
      "Content-Type": "application/json",
    })
    .end(invocation.body);
  next = undefined;
}

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const body = Buffer.concat(chunks);
    const url = request.url ?? "";
    if (request.method === "GET") {
      if (count === 0) process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
      next = response;
      pump();
    } else if (url.endsWith("/response")) {
      const id = url.split("/").at(-2) ?? "";
      running
        .get(id)
        ?.response.writeHead(200, { "Content-Type": "application/json", "Content-Length": body.length })
        .end(body);
      running.delete(id);
      response.writeHead(202, { "Content-Length": 0 }).end();
    } else {
      count += 1;
      waiting.push({ id: `00000000-0000-4000-8000-${String(count).padStart(12, "0")}`, body, response });
      pump();
    }
  });
});

server.listen(0, "127.0.0.1", () => {
  const command = [process.execPath, bootstrap] as const;
  const runtime = startBootstrap({ command, runtime: "nodejs24.x", folder, api: server });
  process.on("SIGTERM", () => {
    runtime.kill("SIGKILL");
    process.exit(0);
  });
});
