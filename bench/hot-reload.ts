import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import {
  CreateFunctionCommand,
  InvokeCommand,
  LambdaClient,
  waitUntilFunctionActiveV2,
} from "@aws-sdk/client-lambda";
import { startLambkin } from "../testkit/lambkin-server.ts";
import { type Bench, type Figure, percentile } from "./figure.ts";

const SAVES = 10;
const BETWEEN_MS = 1_200;

const LANGUAGES = [
  {
    name: "ES module",
    runtime: "nodejs24.x",
    file: "index.mjs",
    source: (n: number) => `export const handler = async () => ${n};`,
  },
  {
    name: "CommonJS",
    runtime: "nodejs24.x",
    file: "index.js",
    source: (n: number) => `exports.handler = async () => ${n};`,
  },
  {
    name: "TypeScript",
    runtime: "nodejs24.x",
    file: "index.ts",
    source: (n: number) => `export const handler = async (): Promise<number> => ${n};`,
  },
  {
    name: "Python",
    runtime: "python3.13",
    file: "index.py",
    source: (n: number) => `def handler(event, context):\n    return ${n}\n`,
  },
] as const;

/** From the write of a file to the first answer of its code, against a warm answer of the same function. */
export const hotReload: Bench = {
  name: "hot-reload",
  conditions: `functions of 256 MB from a directory, invoked one call after the other; ${SAVES} saves, ${BETWEEN_MS} ms apart`,
  async run() {
    const figures: Figure[] = [];
    await using server = await startLambkin();
    const lambda = new LambdaClient(server.client);
    for (const { name, runtime, file, source } of LANGUAGES) {
      const root = mkdtempSync(path.join(os.tmpdir(), "lambkin-bench-"));
      chmodSync(root, 0o755);
      writeFileSync(path.join(root, file), source(0));
      const FunctionName = name.replaceAll(" ", "-");
      await lambda.send(
        new CreateFunctionCommand({
          FunctionName,
          Runtime: runtime,
          Handler: "index.handler",
          MemorySize: 256,
          Role: "arn:aws:iam::000000000000:role/any",
          Code: { S3Bucket: "hot-reload", S3Key: root },
        }),
      );
      await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 30 }, { FunctionName });
      const invoke = async () => {
        const { Payload } = await lambda.send(new InvokeCommand({ FunctionName }));
        return Buffer.from(Payload ?? []).toString();
      };
      await invoke();
      const swapMs: number[] = [];
      const warmMs: number[] = [];
      for (let n = 1; n <= SAVES; n++) {
        await new Promise((resolve) => setTimeout(resolve, BETWEEN_MS));
        await invoke();
        const asked = performance.now();
        await invoke();
        const saved = performance.now();
        warmMs.push(saved - asked);
        writeFileSync(path.join(root, file), source(n));
        while ((await invoke()) !== String(n));
        swapMs.push(performance.now() - saved);
      }
      rmSync(root, { recursive: true, force: true });
      for (const [label, share] of [
        ["p50", 0.5],
        ["p90", 0.9],
      ] as const) {
        figures.push({
          name: `${name}, save to first answer of the new code, ${label}`,
          unit: "ms",
          value: percentile(swapMs, share),
          baseline: { name: `a warm answer, ${label}`, value: percentile(warmMs, share) },
        });
      }
    }
    return figures;
  },
};
