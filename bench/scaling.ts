import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import path from "node:path";
import { CreateFunctionCommand, LambdaClient, type Runtime } from "@aws-sdk/client-lambda";
import { buildGoProgram } from "../scripts/setup/runtime-clients.ts";
import { deploymentPackage } from "../testkit/deployment-package.ts";
import { startLambkin } from "../testkit/lambkin-server.ts";
import { type Bench, type Figure, percentile } from "./figure.ts";
import { postForAnswer } from "./signed-request.ts";

const NODE = `exports.handler = async ({ HoldMs }) => {
  const begun = Date.now();
  await new Promise((resolve) => setTimeout(resolve, HoldMs));
  return { begun };
};`;

interface Wave {
  readonly name: string;
  readonly runtime: Runtime;
  readonly handler: string;
  readonly environments: number;
  /** Long enough that no environment serves twice. */
  readonly holdMs: number;
  readonly files: () => Promise<Uint8Array>;
  /** A bare process of the same program, until it has started. */
  readonly bare: () => Promise<void>;
}

const cache = path.join(import.meta.dirname, "..", "node_modules", ".cache", "lambkin");

/** From no environment to many: as many requests at once, each held until all have begun. */
export const scaling: Bench = {
  name: "scaling",
  conditions:
    "requests that come at once to a function of 128 MB without environments, each held by its handler; from the first request to the last handler's begin",
  async run() {
    const program = await buildGoProgram(cache, path.join(import.meta.dirname, "holding-function"));
    const waves: readonly Wave[] = [
      {
        name: "executable",
        runtime: "provided.al2023",
        handler: "bootstrap",
        environments: 1_000,
        holdMs: 60_000,
        files: () => deploymentPackage({ bootstrap: readFileSync(program) }),
        bare: () => started(program, []),
      },
      {
        name: "Node.js",
        runtime: "nodejs24.x",
        handler: "index.handler",
        environments: 200,
        holdMs: 30_000,
        files: () => deploymentPackage({ "index.js": NODE }),
        bare: () => started(process.execPath, ["-e", "0"]),
      },
    ];
    const figures: Figure[] = [];
    for (const wave of waves) figures.push(await measure(wave));
    return figures;
  },
};

async function measure(wave: Wave): Promise<Figure> {
  await using server = await startLambkin();
  const lambda = new LambdaClient(server.client);
  await lambda.send(
    new CreateFunctionCommand({
      FunctionName: "holding",
      Runtime: wave.runtime,
      Handler: wave.handler,
      Timeout: 120,
      Role: "arn:aws:iam::000000000000:role/any",
      Code: { ZipFile: await wave.files() },
    }),
  );
  lambda.destroy();
  const bareMs = await atOnce(wave.environments, wave.bare);
  const began = Date.now();
  const answers = await Promise.all(
    Array.from({ length: wave.environments }, () =>
      postForAnswer(
        server.endpoint,
        "/2015-03-31/functions/holding/invocations",
        JSON.stringify({ HoldMs: wave.holdMs }),
      ),
    ),
  );
  const begins = answers.map(({ status, text }) => {
    if (status !== 200) throw new Error(`${wave.name}: ${status} ${text}`);
    return (JSON.parse(text) as { begun: number }).begun - began;
  });
  const lastMs = percentile(begins, 1);
  if (lastMs > wave.holdMs) throw new Error(`${wave.name}: environments served twice`);
  return {
    name: `${wave.name}: environments a second, 0 to ${wave.environments} in ${(lastMs / 1_000).toFixed(1)} s`,
    unit: "1/s",
    value: (wave.environments * 1_000) / lastMs,
    baseline: { name: "bare processes of it", value: (wave.environments * 1_000) / bareMs },
  };
}

/** Few at a time: more would only wait for a processor. */
const BARE_AT_ONCE = 4;

async function atOnce(count: number, work: () => Promise<void>): Promise<number> {
  const begun = performance.now();
  let left = count;
  await Promise.all(
    Array.from({ length: BARE_AT_ONCE }, async () => {
      while (left-- > 0) await work();
    }),
  );
  return performance.now() - begun;
}

/** A Go program without its API ends as soon as it has tried to reach it, Node.js after its empty script. */
async function started(command: string, args: readonly string[]): Promise<void> {
  const child = spawn(command, args, { stdio: "ignore", env: { AWS_LAMBDA_RUNTIME_API: "127.0.0.1:1" } });
  await once(child, "exit");
}
