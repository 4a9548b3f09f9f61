import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { aws, clientEnvironment, clientProgram } from "../../testkit/aws-clients.ts";
import { deploymentPackage } from "../../testkit/deployment-package.ts";
import { type LambkinServer, run, startLambkin } from "../../testkit/lambkin-server.ts";

const folder = mkdtempSync(path.join(os.tmpdir(), "lambkin-cli-"));
const inFolder = (name: string) => path.join(folder, name);
let server: LambkinServer;

const handler = (greeting: string) =>
  `exports.handler = async (event) => { console.log("greeting", event.name); return { message: "${greeting} " + event.name }; };`;

before(async () => {
  server = await startLambkin();
});
after(async () => {
  await server[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

test("the AWS CLI creates, waits for, invokes, updates and deletes a function", async () => {
  writeFileSync(inFolder("one.zip"), await deploymentPackage({ "index.js": handler("hello") }));
  writeFileSync(inFolder("two.zip"), await deploymentPackage({ "index.js": handler("good day") }));
  const cli = (...args: string[]) => aws(server.endpoint, ...args);

  const role = await cli(
    "iam",
    "create-role",
    "--role-name",
    "greeter",
    "--assume-role-policy-document",
    JSON.stringify({
      Version: "2012-10-17",
      Statement: [
        { Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" },
      ],
    }),
  );
  const created = await cli(
    ...["lambda", "create-function", "--function-name", "greeter", "--runtime", "nodejs24.x"],
    ...[
      "--handler",
      "index.handler",
      "--role",
      role.Role.Arn,
      "--zip-file",
      `fileb://${inFolder("one.zip")}`,
      "--timeout",
      "30",
    ],
  );
  assert.equal(created.State, "Pending");
  assert.equal(created.FunctionArn, "arn:aws:lambda:us-east-1:000000000000:function:greeter");
  await cli("lambda", "wait", "function-active-v2", "--function-name", "greeter");

  const invoke = async () => {
    const answer = await cli(
      ...[
        "lambda",
        "invoke",
        "--function-name",
        "greeter",
        "--payload",
        '{"name":"Ada"}',
        "--log-type",
        "Tail",
      ],
      inFolder("out.json"),
    );
    return { answer, payload: JSON.parse(readFileSync(inFolder("out.json"), "utf8")) };
  };
  const first = await invoke();
  assert.deepEqual(first.payload, { message: "hello Ada" });
  assert.equal(first.answer.ExecutedVersion, "$LATEST");
  assert.match(
    Buffer.from(first.answer.LogResult, "base64").toString(),
    /INFO\tgreeting Ada\n(.|\n)*REPORT RequestId: /,
  );

  await cli(
    "lambda",
    "update-function-code",
    "--function-name",
    "greeter",
    "--zip-file",
    `fileb://${inFolder("two.zip")}`,
  );
  await cli("lambda", "wait", "function-updated-v2", "--function-name", "greeter");
  assert.deepEqual((await invoke()).payload, { message: "good day Ada" });

  const changed = await cli(
    "lambda",
    "update-function-configuration",
    "--function-name",
    "greeter",
    "--timeout",
    "7",
  );
  assert.equal(changed.Timeout, 7);
  await cli("lambda", "wait", "function-updated-v2", "--function-name", "greeter");

  const code = await cli("lambda", "get-function", "--function-name", "greeter");
  const downloaded = Buffer.from(await (await fetch(code.Code.Location)).arrayBuffer());
  assert.deepEqual(downloaded, readFileSync(inFolder("two.zip")));

  const listed = await cli("lambda", "list-functions");
  assert.deepEqual(
    listed.Functions.map((entry: { FunctionName: string }) => entry.FunctionName),
    ["greeter"],
  );
  await cli("lambda", "delete-function", "--function-name", "greeter");
  await assert.rejects(
    cli("lambda", "get-function", "--function-name", "greeter"),
    /ResourceNotFoundException.*Function not found/,
  );
});

test("the AWS CLI's high-level S3 commands copy files both ways in parts", async () => {
  const cli = (...args: string[]) => aws(server.endpoint, ...args);
  const big = Buffer.alloc(9 * 1024 * 1024, "lambkin ");
  writeFileSync(inFolder("big.bin"), big);
  await cli("s3api", "create-bucket", "--bucket", "cli-files");
  // Over 8 MiB the CLI uploads in parts.
  for (const [from, to] of [
    [inFolder("big.bin"), "s3://cli-files/deep/er/big file.bin"],
    ["s3://cli-files/deep/er/big file.bin", inFolder("back.bin")],
  ] as const) {
    const { code, stderr } = await run(clientProgram("aws"), ["s3", "cp", "--no-progress", from, to], {
      env: clientEnvironment(server.endpoint),
    });
    assert.equal(code, 0, stderr);
  }
  assert.ok(readFileSync(inFolder("back.bin")).equals(big));
  const listed = await cli("s3api", "list-objects-v2", "--bucket", "cli-files", "--delimiter", "/");
  assert.deepEqual(listed.CommonPrefixes, [{ Prefix: "deep/" }]);
});

test("errors reach the AWS CLI as AWS words them", async () => {
  await assert.rejects(
    aws(server.endpoint, "lambda", "get-function", "--function-name", "bad name!"),
    /ValidationException.*1 validation error detected: Value 'bad name!' at 'functionName'/,
  );
  await assert.rejects(
    aws(server.endpoint, "s3api", "head-bucket", "--bucket", "nowhere-to-be-found"),
    /404/,
  );
  await assert.rejects(
    aws(server.endpoint, "dynamodb", "describe-table", "--table-name", "nowhere"),
    /ResourceNotFoundException.*Requested resource not found/,
  );
  await assert.rejects(
    aws(server.endpoint, "iam", "get-role", "--role-name", "nobody"),
    /NoSuchEntity.*The role with name nobody cannot be found/,
  );
});
