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
import { startLambkin } from "../../testkit/lambkin-server.ts";
import { until } from "../sandbox/observe.ts";
import { processesWith } from "../sandbox/world.ts";

it("a server that is killed leaves no extension behind", async () => {
  await using server = await startLambkin();
  const lambda = new LambdaClient(server.client);
  const extension = `extension-${process.pid}-${Date.now()}`;
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
      Code: { ZipFile: await deploymentPackage({ "index.js": "exports.handler = async (event) => event;" }) },
    }),
  );
  await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 60 }, { FunctionName: "f" });
  const { FunctionError, Payload } = await lambda.send(
    new InvokeCommand({ FunctionName: "f", Payload: "1" }),
  );
  assert.deepEqual([FunctionError, Payload?.transformToString()], [undefined, "1"]);
  assert.ok((await processesWith(extension)).length > 0, "a control: the extension runs");
  await server.end("SIGKILL");
  await until(async () => (await processesWith(extension)).length === 0);
});
