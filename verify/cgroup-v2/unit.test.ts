/** The unit in docs/deploy/ under systemd. Runs in the virtual machine. */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { CreateRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import {
  CreateFunctionCommand,
  InvokeCommand,
  LambdaClient,
  waitUntilFunctionActiveV2,
} from "@aws-sdk/client-lambda";
import { run } from "../../scripts/setup/run.ts";
import { deploymentPackage } from "../../testkit/deployment-package.ts";
import { eventually } from "../../testkit/eventually.ts";

const UNIT = "/sys/fs/cgroup/system.slice/lambkin.service";
/** What the server wrote, shown where a test fails. */
const LOG = "/run/lambkin.log";
const CODE = `
  exports.handler = ({ ms }) => new Promise((resolve) => setTimeout(resolve, ms, "slept"));
`;

async function property(name: string): Promise<string> {
  return (await run("systemctl", ["show", "--value", "--property", name, "lambkin"])).trim();
}

/** The cgroups of spawners, and of what they run. */
function spawners(): readonly string[] {
  return existsSync(UNIT) ? readdirSync(UNIT).filter((name) => /^lambkin-\d/.test(name)) : [];
}

function sandboxes(): readonly string[] {
  return spawners().flatMap((spawner) =>
    readdirSync(path.join(UNIT, spawner), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => path.join(UNIT, spawner, name)),
  );
}

describe("the unit", () => {
  let lambda: LambdaClient;
  after(() => {
    for (const line of readFileSync(LOG, "utf8").trimEnd().split("\n")) process.stdout.write(`# ${line}\n`);
  });
  before(async () => {
    await run("systemctl", ["start", "lambkin"]);
    const lines = await run("lambkin", ["env", "--data", "/var/lib/lambkin"]);
    const [, accessKeyId = ""] = /AWS_ACCESS_KEY_ID=["']?([^"'\s]+)/.exec(lines) ?? [];
    const [, secretAccessKey = ""] = /AWS_SECRET_ACCESS_KEY=["']?([^"'\s]+)/.exec(lines) ?? [];
    assert.ok(secretAccessKey !== "", lines);
    const client = {
      endpoint: "http://127.0.0.1:4566",
      region: "us-east-1",
      credentials: { accessKeyId, secretAccessKey },
    };
    const trust = {
      Effect: "Allow",
      Principal: { Service: "lambda.amazonaws.com" },
      Action: "sts:AssumeRole",
    };
    const { Role } = await new IAMClient(client).send(
      new CreateRoleCommand({
        RoleName: "sleeper",
        AssumeRolePolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement: [trust] }),
      }),
    );
    lambda = new LambdaClient(client);
    await lambda.send(
      new CreateFunctionCommand({
        FunctionName: "sleeper",
        Runtime: "nodejs24.x",
        Handler: "index.handler",
        Role: Role?.Arn,
        MemorySize: 256,
        Timeout: 600,
        Code: { ZipFile: await deploymentPackage({ "index.js": CODE }) },
      }),
    );
    await waitUntilFunctionActiveV2(
      { client: lambda, maxWaitTime: 600, minDelay: 1 },
      { FunctionName: "sleeper" },
    );
  });

  async function invoke(ms: number): Promise<unknown> {
    const { Payload } = await lambda.send(
      new InvokeCommand({ FunctionName: "sleeper", Payload: JSON.stringify({ ms }) }),
    );
    return JSON.parse(Buffer.from(Payload ?? []).toString());
  }

  it("keeps the server and its sandboxes in one cgroup, limited by the kernel", async () => {
    assert.equal(await invoke(0), "slept");
    assert.deepEqual(readFileSync(path.join(UNIT, "cgroup.procs"), "utf8"), "");
    const server = readFileSync(path.join(UNIT, "lambkin-server/cgroup.procs"), "utf8").split("\n");
    assert.ok(server.includes(await property("MainPID")));
    const limits = sandboxes().map((at) => readFileSync(path.join(at, "memory.max"), "utf8").trim());
    const seen = `${limits.join(" ")} in ${readdirSync(UNIT).join(" ")}, ${readdirSync("/sys/fs/cgroup").join(" ")}`;
    assert.ok(limits.includes(String(256 * 1024 * 1024)), seen);
  });

  it("leaves no sandbox when the server is killed, and starts it again", async () => {
    const [before] = spawners();
    const killed = await property("MainPID");
    await run("systemctl", ["kill", "--kill-whom=main", "--signal=KILL", "lambkin"]);
    await eventually(
      async () =>
        ((await property("MainPID")) !== killed && (await property("ActiveState")) === "active") || undefined,
      {
        what: "the server is started again",
      },
    );
    assert.equal(spawners().length, 1);
    assert.notEqual(spawners()[0], before);
    assert.equal(await invoke(0), "slept");
    assert.equal(readFileSync(path.join(UNIT, "cgroup.procs"), "utf8"), "");
  });

  it("lets what runs finish when it is stopped, and leaves nothing", async () => {
    const running = invoke(5_000);
    await eventually(async () => /lambkin_invocations_in_flight 1$/m.test(await metrics()) || undefined, {
      what: "the function runs",
    });
    await run("systemctl", ["stop", "lambkin"]);
    assert.equal(await running, "slept");
    assert.equal(await property("Result"), "success");
    assert.equal(await property("ActiveState"), "inactive");
    assert.ok(!existsSync(UNIT), "its cgroup is gone");
  });

  async function metrics(): Promise<string> {
    return (await fetch("http://127.0.0.1:4566/_lambkin/metrics")).text();
  }
});
