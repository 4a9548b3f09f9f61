import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import os from "node:os";
import path from "node:path";
import { CreateFunctionCommand, LambdaClient, type Runtime } from "@aws-sdk/client-lambda";
import { cacheDirectory } from "../src/base/index.ts";
import { NodejsBootstrap } from "../src/runtimes/nodejs/bundle-bootstrap.ts";
import { deploymentPackage } from "../testkit/deployment-package.ts";
import { eventually } from "../testkit/eventually.ts";
import { type LambkinServer, startLambkin } from "../testkit/lambkin-server.ts";
import { type Bench, type Figure, percentile } from "./figure.ts";
import { post } from "./signed-request.ts";
import { startBootstrap } from "./start-bootstrap.ts";

const FUNCTIONS = 20;
/** Nearly what a package may hold. */
const LARGE_MB = 250;
const LARGE_PACKAGES = 5;

interface Family {
  readonly runtime: string;
  readonly file: string;
  readonly source: string;
  /** The same bootstrap, started without a sandbox. */
  readonly command: readonly [string, ...string[]];
}

const runtimes = path.join(import.meta.dirname, "..", "src", "runtimes");

/** As functions are started. */
const nodejs = new NodejsBootstrap(path.join(runtimes, "nodejs", "bootstrap"), {
  cache: cacheDirectory(),
  prebuilt: path.join(runtimes, "nodejs", "prebuilt"),
});

function families(): Family[] {
  const python = spawnSync(
    "python3",
    ["-c", "import sys; print(sys.executable, '%d.%d' % sys.version_info[:2])"],
    {
      encoding: "utf8",
    },
  );
  const [executable = "python3", version = "3.11"] = python.stdout.trim().split(" ");
  return [
    {
      runtime: "nodejs24.x",
      file: "index.js",
      source: "exports.handler = async (event) => event;",
      command: [process.execPath, path.join(nodejs.directory, "bootstrap.cjs")],
    },
    {
      runtime: `python${version}`,
      file: "index.py",
      source: "def handler(event, context):\n    return event\n",
      command: [executable, "-u", path.join(runtimes, "python", "bootstrap", "bootstrap.py")],
    },
  ];
}

/** The first invocation of functions that nobody invoked before, against the same bootstrap started bare. */
export const coldStart: Bench = {
  name: "cold start",
  conditions: `${FUNCTIONS} functions of distinct code one after the other, 1,769 MB, through the public API, no pool`,
  async run() {
    const figures: Figure[] = [];
    await using server = await startLambkin({ args: ["--pool", "off"] });
    for (const family of families()) {
      const bare: number[] = [];
      const ours: number[] = [];
      for (let n = 0; n < FUNCTIONS; n += 1) {
        bare.push(await bareStart(family));
        ours.push(await firstInvocation(server, family, n));
      }
      for (const [label, share] of [
        ["p50", 0.5],
        ["p90", 0.9],
      ] as const) {
        figures.push({
          name: `${family.runtime}, request to answer, ${label}`,
          unit: "ms",
          value: percentile(ours, share),
          baseline: {
            name: `bare bootstrap, spawn to first response, ${label}`,
            value: percentile(bare, share),
          },
        });
      }
    }
    const [family] = families();
    if (family !== undefined) figures.push(await largePackages(server, family));
    return figures;
  },
};

/** What a package's size costs at the first request: nothing, since it was unpacked when the function was made. */
async function largePackages(server: LambkinServer, family: Family): Promise<Figure> {
  const megabytes = Array.from({ length: LARGE_MB }, (_, n) => [
    `data/${n}`,
    Buffer.alloc(1_000_000, n % 251),
  ]);
  const timesMs = { large: [] as number[], small: [] as number[] };
  for (let n = 0; n < LARGE_PACKAGES; n += 1) {
    timesMs.small.push(await firstInvocation(server, family, `small-${n}`));
    timesMs.large.push(await firstInvocation(server, family, `large-${n}`, Object.fromEntries(megabytes)));
  }
  return {
    name: `${family.runtime}, a package of ${LARGE_MB} MB, request to answer, p50`,
    unit: "ms",
    value: percentile(timesMs.large, 0.5),
    baseline: { name: "a package of two files, p50", value: percentile(timesMs.small, 0.5) },
  };
}

async function firstInvocation(
  server: LambkinServer,
  family: Family,
  label: string | number,
  files: Readonly<Record<string, Uint8Array>> = {},
): Promise<number> {
  const name = `cold-${family.runtime.replace(/\W/g, "-")}-${label}`;
  const lambda = new LambdaClient(server.client);
  await lambda.send(
    new CreateFunctionCommand({
      FunctionName: name,
      Runtime: family.runtime as Runtime,
      Handler: "index.handler",
      MemorySize: 1769,
      Role: "arn:aws:iam::000000000000:role/any",
      Code: {
        ZipFile: await deploymentPackage({ [family.file]: family.source, "unique.txt": name, ...files }),
      },
    }),
  );
  // The first call that is not refused as Pending is the cold one.
  return eventually(
    async () => {
      const begun = performance.now();
      const status = await post(server.endpoint, `/2015-03-31/functions/${name}/invocations`, "{}");
      return status === 200 ? performance.now() - begun : undefined;
    },
    { what: `${name} to answer` },
  );
}

/** Spawns the bootstrap against a bare Runtime API of `node:http` and times it to its first response. */
async function bareStart(family: Family): Promise<number> {
  const folder = mkdtempSync(path.join(os.tmpdir(), "lambkin-bench-"));
  writeFileSync(path.join(folder, family.file), family.source);
  const answered = Promise.withResolvers<number>();
  const api = runtimeApi(() => answered.resolve(performance.now()));
  await new Promise<void>((resolve) => api.listen(0, "127.0.0.1", resolve));
  const begun = performance.now();
  const { command, runtime } = family;
  const child = startBootstrap({ command, runtime, folder, api });
  try {
    return (await answered.promise) - begun;
  } finally {
    child.kill("SIGKILL");
    api.closeAllConnections();
    api.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function runtimeApi(answered: () => void): Server {
  let given = false;
  return createServer((request, response) => {
    request.resume();
    if (request.method === "GET") {
      if (given) return;
      given = true;
      response.writeHead(200, {
        "Lambda-Runtime-Aws-Request-Id": "8476a536-e9f4-11e8-9739-2dfe598c3fcd",
        "Lambda-Runtime-Deadline-Ms": String(Date.now() + 30_000),
        "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:us-east-1:000000000000:function:bare",
        "Content-Length": 2,
        "Content-Type": "application/json",
      });
      response.end("{}");
      return;
    }
    request.on("end", () => {
      response.writeHead(202, { "Content-Type": "application/json" }).end('{"status":"OK"}\n');
      answered();
    });
  });
}
