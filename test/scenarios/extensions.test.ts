import assert from "node:assert/strict";
import { buffer } from "node:stream/consumers";
import { it } from "node:test";
import {
  CreateFunctionCommand,
  InvokeCommand,
  LambdaClient,
  PublishLayerVersionCommand,
  waitUntilFunctionActiveV2,
} from "@aws-sdk/client-lambda";
import { ZipFile } from "yazl";
import { deploymentPackage } from "../../testkit/deployment-package.ts";
import { EXTENSION_PROGRAM } from "../../testkit/extension-program.ts";
import { type LambkinServer, startLambkin } from "../../testkit/lambkin-server.ts";
import { until } from "../sandbox/observe.ts";
import { processesWith } from "../sandbox/world.ts";

/** Starts a server with a function that an extension of this name serves, and invokes it. */
async function serve(extension: string, settings: object): Promise<LambkinServer> {
  const server = await startLambkin({ args: ["--log-level", "info"] });
  const lambda = new LambdaClient(server.client);
  const zip = new ZipFile();
  zip.addBuffer(Buffer.from(EXTENSION_PROGRAM), `extensions/${extension}`, { mode: 0o100755 });
  zip.end();
  const { LayerVersionArn = "" } = await lambda.send(
    new PublishLayerVersionCommand({
      LayerName: "extensions",
      Content: { ZipFile: await buffer(zip.outputStream) },
    }),
  );
  await lambda.send(
    new CreateFunctionCommand({
      FunctionName: "f",
      Runtime: "nodejs24.x",
      Handler: "index.handler",
      Role: "arn:aws:iam::000000000000:role/any",
      Timeout: 30,
      Layers: [LayerVersionArn],
      Environment: { Variables: { EXTENSION: JSON.stringify({ [extension]: settings }) } },
      Code: { ZipFile: await deploymentPackage({ "index.js": "exports.handler = async (event) => event;" }) },
    }),
  );
  await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 120, minDelay: 1 }, { FunctionName: "f" });
  const { FunctionError, Payload } = await lambda.send(
    new InvokeCommand({ FunctionName: "f", Payload: "1" }),
  );
  lambda.destroy();
  assert.deepEqual([FunctionError, Payload?.transformToString()], [undefined, "1"]);
  assert.ok((await processesWith(extension)).length > 0, "a control: the extension runs");
  return server;
}

it("a server that is killed leaves no extension behind", async () => {
  const extension = `killed-${process.pid}-${Date.now()}`;
  await using server = await serve(extension, {});
  await server.end("SIGKILL");
  await until(async () => (await processesWith(extension)).length === 0);
});

it("a server that ends waits two seconds for an extension that does not leave, and no longer", async () => {
  const extension = `stubborn-${process.pid}-${Date.now()}`;
  await using server = await serve(extension, { lingersMs: 120_000 });
  const endedAt = performance.now();
  assert.equal(await server.end("SIGTERM"), 0);
  const tookMs = performance.now() - endedAt;
  assert.ok(tookMs >= 2_000 && tookMs < 30_000, `${tookMs} ms`);
  assert.deepEqual(await processesWith(extension), []);
  assert.match(server.errorOutput(), /extension did not shut down.*ShutdownFailed/);
});
