import assert from "node:assert/strict";
import { mkdtempSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import {
  CreateFunctionCommand,
  InvokeCommand,
  LambdaClient,
  waitUntilFunctionActiveV2,
} from "@aws-sdk/client-lambda";
import { deploymentPackage } from "../../testkit/deployment-package.ts";
import { startLambkin } from "../../testkit/lambkin-server.ts";

const CODE = `
  const id = String(Math.random());
  const kept = [];
  exports.handler = async ({ mib }) => {
    for (let i = 0; i < mib; i++) kept.push(Buffer.alloc(1024 * 1024, 1));
    return id;
  };
`;

test("a function that runs out of memory ends alone, and REPORT says what functions took", async () => {
  // The machine goes, and its files with it: an ordinary user could not remove packages, which nobody may write to.
  const dataDirectory = mkdtempSync(path.join(os.tmpdir(), "lambkin-oom-"));
  await using server = await startLambkin({ dataDirectory, args: ["--isolation", "namespaces"] });
  const lambda = new LambdaClient({ ...server.client, requestHandler: { requestTimeout: 0 } });
  const ZipFile = await deploymentPackage({ "index.js": CODE });
  for (const FunctionName of ["steady", "hungry"]) {
    await lambda.send(
      new CreateFunctionCommand({
        FunctionName,
        Runtime: "nodejs24.x",
        Handler: "index.handler",
        Role: "arn:aws:iam::000000000000:role/any",
        MemorySize: 256,
        Timeout: 300,
        Code: { ZipFile },
      }),
    );
    await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 300, minDelay: 1 }, { FunctionName });
  }
  const invoke = async (FunctionName: string, mib: number) => {
    const answer = await lambda.send(
      new InvokeCommand({ FunctionName, Payload: JSON.stringify({ mib }), LogType: "Tail" }),
    );
    const report = /^REPORT .*$/m.exec(Buffer.from(answer.LogResult ?? "", "base64").toString())?.[0] ?? "";
    return {
      answer: JSON.parse(Buffer.from(answer.Payload ?? []).toString()),
      report,
      usedMb: Number(/Max Memory Used: (\d+) MB/.exec(report)?.[1]),
    };
  };
  const steady = await invoke("steady", 0);
  const modest = await invoke("hungry", 60);
  assert.ok(
    modest.usedMb > steady.usedMb + 50 && modest.usedMb < steady.usedMb + 110,
    `${steady.report}\n${modest.report}`,
  );
  const died = await invoke("hungry", 600);
  assert.equal(died.answer.errorType, "Runtime.OutOfMemory");
  assert.match(died.report, /Max Memory Used: 256 MB\t.*Error Type: Runtime\.OutOfMemory/);
  assert.equal(
    (await invoke("steady", 0)).answer,
    steady.answer,
    "its neighbour is the environment that it was",
  );
  assert.notEqual((await invoke("hungry", 0)).answer, modest.answer, "the next one is new");
});
