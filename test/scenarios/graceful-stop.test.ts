import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import {
  CreateFunctionCommand,
  InvokeCommand,
  LambdaClient,
  waitUntilFunctionActiveV2,
} from "@aws-sdk/client-lambda";
import { CreateBucketCommand, HeadObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { deploymentPackage } from "../../testkit/deployment-package.ts";
import { eventually } from "../../testkit/eventually.ts";
import { startLambkin } from "../../testkit/lambkin-server.ts";

/** Writes objects for a while and says how many were taken; `aws.mjs` fails if one is not. */
const WRITER = `
import { send } from "./aws.mjs";

export async function handler() {
  let taken = 0;
  for (; taken < 20; taken++) {
    await send("s3", "PUT", "/calls/" + taken, {}, "x");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return taken;
}`;

test("SIGTERM under ceaseless requests ends soon after what runs, which may still call", async () => {
  await using server = await startLambkin();
  const lambda = new LambdaClient({ ...server.client, maxAttempts: 1 });
  const s3 = new S3Client({ ...server.client, forcePathStyle: true });
  await s3.send(new CreateBucketCommand({ Bucket: "calls" }));
  const example = path.join(import.meta.dirname, "../../examples/file-pipeline/csv-import/aws.mjs");
  const aws = `${await readFile(example, "utf8")}\nexport { send };\n`;
  await lambda.send(
    new CreateFunctionCommand({
      FunctionName: "writer",
      Runtime: "nodejs24.x",
      Handler: "index.handler",
      Role: "arn:aws:iam::000000000000:role/any",
      Timeout: 60,
      Code: { ZipFile: await deploymentPackage({ "index.mjs": WRITER, "aws.mjs": aws }) },
    }),
  );
  await waitUntilFunctionActiveV2(
    { client: lambda, maxWaitTime: 120, minDelay: 1 },
    { FunctionName: "writer" },
  );
  const invocation = lambda.send(new InvokeCommand({ FunctionName: "writer" }));
  await eventually(() => s3.send(new HeadObjectCommand({ Bucket: "calls", Key: "0" })), {
    what: "the function calls",
  });

  const over = new AbortController();
  let refused = 0;
  const asking = Promise.all(
    Array.from({ length: 4 }, async () => {
      while (!over.signal.aborted) {
        const answer = await fetch(`${server.endpoint}/_lambkin/health`).catch(() => undefined);
        if (answer === undefined) refused++;
        else await answer.arrayBuffer();
        await new Promise((resolve) => setImmediate(resolve));
      }
    }),
  );
  const ended = server.end("SIGTERM").then((code) => ({ code, at: performance.now() }));
  const output = await invocation;
  const answeredAt = performance.now();
  const { code, at } = await ended;
  over.abort();
  await asking;
  assert.equal(output.FunctionError, undefined);
  assert.equal(Buffer.from(output.Payload ?? []).toString(), "20");
  assert.equal(code, 0);
  assert.ok(refused > 0, "requests were taken to the very end");
  assert.ok(at - answeredAt < 60_000, `the server lived ${at - answeredAt} ms longer`);
  lambda.destroy();
  s3.destroy();
});
