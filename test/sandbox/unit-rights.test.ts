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
import { deploymentPackage } from "../../testkit/deployment-package.ts";
import { eventually } from "../../testkit/eventually.ts";
import { startLambkin } from "../../testkit/lambkin-server.ts";

const UNIT = path.join(import.meta.dirname, "../../docs/deploy/lambkin.service");
const ARGS = ["--isolation", "namespaces", "--egress", "off"];

/** Root with these capabilities and no others. */
function having(names: readonly string[]): readonly string[] {
  const set = ["-all", ...names.map((name) => name.replace(/^CAP_/, "+").toLowerCase())].join(",");
  return ["setpriv", `--bounding-set=${set}`, "--inh-caps=-all", "--no-new-privs", "--"];
}

test("the unit has the capabilities that sandboxes, what is attached to them and zygotes take", async () => {
  const [, list = ""] = /^CapabilityBoundingSet=(.+)$/m.exec(await readFile(UNIT, "utf8")) ?? [];
  const names = list.split(" ");
  const fewer = names.filter((name) => name !== "CAP_SYS_PTRACE");
  {
    await using poor = await startLambkin({ args: ARGS, by: having(fewer) });
    assert.match(poor.errorOutput(), /without isolation.*EACCES/, "the control");
  }
  await using server = await startLambkin({ args: ARGS, by: having(names) });
  const lambda = new LambdaClient(server.client);
  const FunctionName = "forked";
  await lambda.send(
    new CreateFunctionCommand({
      FunctionName,
      Runtime: "python3.12",
      Handler: "index.handler",
      Role: "arn:aws:iam::000000000000:role/any",
      Timeout: 60,
      Code: {
        ZipFile: await deploymentPackage({ "index.py": "def handler(event, context):\n    return 'ran'\n" }),
      },
    }),
  );
  await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 300, minDelay: 1 }, { FunctionName });
  const waiting = async () => (await fetch(`${server.endpoint}/_lambkin/metrics`)).text();
  await eventually(async () => /^lambkin_pool_waiting [1-9]/m.test(await waiting()) || undefined, {
    what: "a sandbox waits",
  });
  const { Payload } = await lambda.send(new InvokeCommand({ FunctionName }));
  assert.equal(Payload?.transformToString(), '"ran"');
  assert.doesNotMatch(server.errorOutput(), /EPERM|EACCES/);
});
