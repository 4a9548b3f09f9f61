import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { CloudWatchLogsClient, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { CreateRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import {
  CreateFunctionCommand,
  GetFunctionCommand,
  InvokeCommand,
  LambdaClient,
  waitUntilFunctionActiveV2,
} from "@aws-sdk/client-lambda";
import { deploymentPackage } from "../../testkit/deployment-package.ts";
import { eventually } from "../../testkit/eventually.ts";
import { type LambkinServer, lambkin, run, startLambkin } from "../../testkit/lambkin-server.ts";
import { seedCache } from "../../testkit/seeded-cache.ts";

// What is installed here stays here.
const folder = mkdtempSync(path.join(os.tmpdir(), "lambkin-runtimes-"));
await seedCache(path.join(folder, "lambkin"));
process.env["XDG_CACHE_HOME"] = folder;
after(() => rmSync(folder, { recursive: true, force: true }));

const TRUST = {
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }],
};

interface Listed {
  readonly identifier: string;
  readonly match: string;
  readonly version?: string;
  readonly detail: string;
}

async function listed(server: LambkinServer): Promise<readonly Listed[]> {
  const { code, stdout, stderr } = await lambkin("runtimes", "--json", "--data", server.dataDirectory);
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout).runtimes;
}

/** Creates a function that answers with its Node.js, and invokes it. */
async function versionOf(lambda: LambdaClient, name: string, runtime: string): Promise<string> {
  await lambda.send(
    new CreateFunctionCommand({
      FunctionName: name,
      Runtime: runtime as "nodejs22.x",
      Handler: "index.handler",
      Role: "arn:aws:iam::000000000000:role/any",
      Timeout: 60,
      Code: {
        ZipFile: await deploymentPackage({
          "index.mjs": "export const handler = async () => process.version",
        }),
      },
    }),
  );
  await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 120, minDelay: 1 }, { FunctionName: name });
  const { Payload } = await lambda.send(new InvokeCommand({ FunctionName: name }));
  return JSON.parse(Buffer.from(Payload ?? []).toString());
}

test("another version of the language stands in, says so, and gives way to the right one once that is installed", async () => {
  await using server = await startLambkin({ args: ["--isolation", "process"] });
  const lambda = new LambdaClient(server.client);
  const logs = new CloudWatchLogsClient(server.client);
  const absent = (await listed(server)).find(
    ({ identifier, match }) => /^nodejs(18|22|26)\.x$/.test(identifier) && match === "closest",
  );
  assert.ok(absent !== undefined, "this machine has Node.js 18, 22 and 26");
  const { identifier, version } = absent;
  const line = identifier.replace(/\D/g, "");
  const notice = `${identifier} is served by version ${version}`;

  assert.equal(await versionOf(lambda, "before", identifier), `v${version}`);
  const before = await lambda.send(new GetFunctionCommand({ FunctionName: "before" }));
  assert.deepEqual(before.Configuration?.RuntimeVersionConfig?.Error, {
    ErrorCode: "RuntimeVersionMismatch",
    Message: notice,
  });
  await eventually(
    async () => {
      const { events = [] } = await logs.send(
        new FilterLogEventsCommand({ logGroupName: "/aws/lambda/before" }),
      );
      const texts = events.map(({ message = "" }) => message);
      assert.equal(texts.filter((text) => text === `LAMBDA_WARNING: ${notice}\n`).length, 1, texts.join("|"));
      return true;
    },
    { what: "the notice in the log" },
  );

  const install = await lambkin(
    "runtimes",
    "install",
    identifier,
    "--sdk",
    "none",
    "--json",
    "--data",
    server.dataDirectory,
  );
  assert.equal(install.code, 0, install.stdout + install.stderr);
  const [installed] = JSON.parse(install.stdout).runtimes as readonly Listed[];
  assert.equal(installed?.match, "exact");
  assert.match(installed.detail, /\(lambkin runtimes install\)$/);
  assert.equal(await versionOf(lambda, "after", identifier), `v${installed.version}`);
  assert.ok(installed.version?.startsWith(`${line}.`));
  const now = await lambda.send(new GetFunctionCommand({ FunctionName: "before" }));
  assert.equal(now.Configuration?.RuntimeVersionConfig?.Error, undefined);
  assert.notEqual(
    now.Configuration?.RuntimeVersionConfig?.RuntimeVersionArn,
    before.Configuration?.RuntimeVersionConfig?.RuntimeVersionArn,
  );
});

test("nothing stands in where only exact versions will do, and the error says what to install", async () => {
  await using server = await startLambkin({ args: ["--isolation", "process", "--runtime-match", "exact"] });
  const lambda = new LambdaClient(server.client);
  const rows = await listed(server);
  assert.ok(rows.every(({ match }) => match !== "closest"));
  const absent = rows.find(({ detail }) => detail.includes("exact versions only"));
  assert.ok(absent !== undefined);
  await assert.rejects(versionOf(lambda, "refused", absent.identifier), {
    name: "InvalidParameterValueException",
    message: `The runtime ${absent.identifier} cannot run on this server: ${absent.detail}`,
  });
});

test("nor on a secure server that was not told otherwise, and not without isolation", async () => {
  const command = path.join(import.meta.dirname, "..", "..", "bin", "lambkin.cjs");
  const bare = mkdtempSync(path.join(folder, "no-compiler-"));
  const refused = await run(
    process.execPath,
    [command, "start", "--secure", "--port", "0", "--data", path.join(bare, "data")],
    { env: { PATH: bare, HOME: bare, XDG_CACHE_HOME: bare } },
  );
  assert.equal(refused.code, 1, refused.stdout);
  assert.match(refused.stderr, /functions can't be isolated on this machine: .*--isolation process/s);

  await using server = await startLambkin({ args: ["--isolation", "process", "--secure"] });
  const root = JSON.parse(readFileSync(path.join(server.dataDirectory, "root-credentials.json"), "utf8"));
  const client = { ...server.client, credentials: root };
  await new IAMClient(client).send(
    new CreateRoleCommand({ RoleName: "any", AssumeRolePolicyDocument: JSON.stringify(TRUST) }),
  );
  const absent = (await listed(server)).find(({ detail }) => detail.includes("exact versions only"));
  assert.ok(absent !== undefined);
  assert.match(absent.detail, new RegExp(`lambkin runtimes install ${absent.identifier}`));
  await assert.rejects(versionOf(new LambdaClient(client), "refused", absent.identifier), {
    name: "InvalidParameterValueException",
    message: `The runtime ${absent.identifier} cannot run on this server: ${absent.detail}`,
  });
});

test("what can't be installed is said, with what to do", async () => {
  const data = ["--data", path.join(folder, "nobody-here"), "--endpoint", "http://127.0.0.1:9"];
  const { code, stdout } = await lambkin(
    "runtimes",
    "install",
    "python3.8",
    "go1.x",
    "provided.al2023",
    ...data,
  );
  assert.equal(code, 1);
  assert.match(
    stdout,
    /^(the package sources of this system have nothing for python3\.8; .*pyenv|run this as root)/,
  );
  assert.match(stdout, /\ngo1\.x is no runtime of Lambda that takes functions\n/);
  assert.match(stdout, /\nprovided\.al2023 needs nothing: /);
});
