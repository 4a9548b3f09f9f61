/**
 * Records what real clients send: `node bin/launch.cjs scripts/record-wire.ts [CLIENT ...]`. Each client's program in
 * record-clients/ sends the same calls to a socket that keeps the bytes of every request; they become
 * test/wire/recorded/<client>.json, which test/wire/recorded.test.ts decodes. Go and Java are built with the machine's
 * own tools (go, mvn), so it is no part of the tests.
 */
import { spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import os from "node:os";
import path from "node:path";
import { installAwsClients } from "./setup/aws-clients.ts";

const CACHE = path.join(import.meta.dirname, "..", "node_modules", ".cache", "lambkin");
const programs = path.join(import.meta.dirname, "record-clients");
const recordings = path.join(import.meta.dirname, "..", "test", "wire", "recorded");
/** Of the tests' own user, so that they can verify the recorded signatures. */
const KEYS = ["AKIAISSUEDISSUEDISSU", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"];

interface Recording {
  /** Request line and headers, in the order and spelling of the client. */
  readonly head: readonly string[];
  readonly bodyBase64: string;
}

type Run = (build: string, endpoint: string) => Promise<void>;

const CLIENTS: Readonly<Record<string, Run>> = {
  "sdk-v3": (_, endpoint) =>
    execute(process.execPath, [path.join(programs, "sdk-v3.ts"), endpoint, ...KEYS], programs),
  boto3: async (_, endpoint) => {
    const python = path.join(await installAwsClients(CACHE), "bin", "python");
    return execute(python, [path.join(programs, "boto3_calls.py"), endpoint, ...KEYS], programs);
  },
  "aws-cli": async (_, endpoint) => {
    const aws = path.join(await installAwsClients(CACHE), "bin", "aws");
    return execute("/bin/sh", [path.join(programs, "aws-cli.sh"), aws, endpoint, ...KEYS], programs);
  },
  go: (build, endpoint) => execute("go", ["run", ".", endpoint, ...KEYS], build),
  java: async (build, endpoint) => {
    const classpath = path.join(build, "classpath.txt");
    const goals = ["compile", "dependency:build-classpath", `-Dmdep.outputFile=${classpath}`];
    await execute("mvn", ["-q", "-B", ...goals], build);
    const all = `${path.join(build, "target", "classes")}:${readFileSync(classpath, "utf8").trim()}`;
    await execute("java", ["-cp", all, "Record", endpoint, ...KEYS], build);
  },
};

async function record(name: string, run: Run): Promise<void> {
  const recorded: Recording[] = [];
  const server = createServer((message, response) => {
    const parts: Buffer[] = [];
    message.on("data", (part: Buffer) => parts.push(part));
    message.on("end", () => {
      const { method, url, rawHeaders } = message;
      const headers = rawHeaders.flatMap((text, at) =>
        at % 2 === 0 ? [`${text}: ${rawHeaders[at + 1]}`] : [],
      );
      recorded.push({
        head: [`${method} ${url} HTTP/1.1`, ...headers],
        bodyBase64: Buffer.concat(parts).toString("base64"),
      });
      response.writeHead(400, { connection: "close" }).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const build = mkdtempSync(path.join(os.tmpdir(), "lambkin-record-"));
  try {
    cpSync(path.join(programs, name === "go" || name === "java" ? name : "."), build, { recursive: true });
    await run(build, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.close();
    rmSync(build, { recursive: true, force: true });
  }
  mkdirSync(recordings, { recursive: true });
  writeFileSync(path.join(recordings, `${name}.json`), `${JSON.stringify(recorded, null, 1)}\n`);
  process.stdout.write(`${name}: ${recorded.length} requests\n`);
}

async function execute(program: string, args: readonly string[], cwd: string): Promise<void> {
  const child = spawn(program, args, { cwd, stdio: "inherit" });
  await new Promise<void>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) =>
      code === 0 ? resolve() : reject(new Error(`${program} ended with ${code}`)),
    );
  });
}

const chosen = process.argv.slice(2);
for (const [name, run] of Object.entries(CLIENTS)) {
  if (chosen.length === 0 || chosen.includes(name)) await record(name, run);
}
