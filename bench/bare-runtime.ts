import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { PathTranslation } from "../src/environments/sandbox/process/path-translation.ts";
import type { Runtime } from "../src/runtimes/index.ts";
import { post } from "./signed-request.ts";

const MEMORY_MIB = 1_769;
const INVOKE = "/invoke";

/**
 * A runtime as Lambkin starts it, but without a sandbox, behind a `node:http` server that does the same three exchanges
 * (invoke, next, response) and nothing else.
 */
export class BareRuntime {
  readonly #api: Server;
  #process: ChildProcess | undefined;
  #next = Promise.withResolvers<ServerResponse>();
  #caller: ServerResponse | undefined;
  #count = 0;

  private constructor() {
    this.#api = createServer((request, response) => {
      if (request.method === "GET") {
        this.#next.resolve(response);
        return;
      }
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const body = Buffer.concat(chunks);
        if (request.url === INVOKE) {
          void this.#handOver(body, response);
          return;
        }
        response.writeHead(202, { "Content-Type": "application/json" }).end('{"status":"OK"}\n');
        this.#caller?.writeHead(200, { "Content-Type": "application/json" }).end(body);
      });
    });
  }

  /** Starts the runtime on the function in `folder`. */
  static async start(runtime: Runtime, folder: string, handler: string): Promise<BareRuntime> {
    const bare = new BareRuntime();
    await new Promise<void>((resolve) => bare.#api.listen(0, "127.0.0.1", resolve));
    const { port } = bare.#api.address() as AddressInfo;
    const inside = new PathTranslation([...runtime.mounts, { source: folder, target: "/var/task" }]);
    const variables = {
      ...runtime.defaultVariables,
      LANG: "en_US.UTF-8",
      TZ: ":UTC",
      AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${port}`,
      ...(runtime.executionEnvironment === undefined
        ? {}
        : { AWS_EXECUTION_ENV: runtime.executionEnvironment }),
      AWS_LAMBDA_FUNCTION_NAME: "bare",
      AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(MEMORY_MIB),
      AWS_LAMBDA_LOG_GROUP_NAME: "group",
      AWS_LAMBDA_LOG_STREAM_NAME: "stream",
      AWS_REGION: "us-east-1",
      LAMBDA_TASK_ROOT: "/var/task",
      LAMBDA_RUNTIME_DIR: "/var/runtime",
      _HANDLER: handler,
    };
    const bootstrap = "/var/task/bootstrap";
    const { command, environment } = inside.process({
      command: runtime.command({ memoryMiB: MEMORY_MIB, variables, bootstrap }),
      environment: variables,
      workingDirectory: "/var/task",
    });
    const [program, ...args] = command;
    bare.#process = spawn(program, args, { cwd: folder, stdio: "ignore", env: environment });
    bare.#process.once("exit", (code) => {
      bare.#next.reject(new Error(`${runtime.identifier} ended with ${code}`));
    });
    // Its end is expected once nobody waits for it.
    bare.#next.promise.catch(() => undefined);
    return bare;
  }

  /** One invocation over HTTP, as a caller of Lambda makes it. */
  async invoke(body: string): Promise<void> {
    const { port } = this.#api.address() as AddressInfo;
    const status = await post(`http://127.0.0.1:${port}`, INVOKE, body);
    if (status !== 200) throw new Error(`the bare runtime answered ${status}`);
  }

  async #handOver(body: Buffer, caller: ServerResponse): Promise<void> {
    let next: ServerResponse;
    try {
      next = await this.#next.promise;
    } catch {
      caller.writeHead(502).end();
      return;
    }
    this.#next = Promise.withResolvers();
    this.#next.promise.catch(() => undefined);
    this.#caller = caller;
    this.#count += 1;
    next.writeHead(200, {
      "Lambda-Runtime-Aws-Request-Id": `8476a536-e9f4-11e8-9739-${String(this.#count).padStart(12, "0")}`,
      "Lambda-Runtime-Deadline-Ms": String(Date.now() + 30_000),
      "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:us-east-1:000000000000:function:bare",
      "Content-Length": body.length,
      "Content-Type": "application/json",
    });
    next.end(body);
  }

  /** The most memory that it ever had. */
  peakMiB(): number {
    const status = readFileSync(`/proc/${this.#process?.pid}/status`, "utf8");
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) / 1_024;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#api.closeAllConnections();
    this.#api.close();
    if (this.#process === undefined || this.#process.exitCode !== null) return;
    this.#process.kill("SIGKILL");
    await once(this.#process, "exit");
  }
}
