import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import {
  CreateFunctionCommand,
  InvokeCommand,
  LambdaClient,
  waitUntilFunctionActiveV2,
} from "@aws-sdk/client-lambda";
import { deploymentPackage } from "../../testkit/deployment-package.ts";
import { eventually } from "../../testkit/eventually.ts";
import { type LambkinServer, startLambkin } from "../../testkit/lambkin-server.ts";
import { spawnerCgroups, spawnerOf } from "../sandbox/world.ts";

/** Computes for so long. */
const SPINNER = `
exports.handler = async ({ ms }) => {
  const end = performance.now() + ms;
  while (performance.now() < end);
  return ms;
};`;

describe("a function that computes for long", () => {
  let server: LambkinServer;
  let lambda: LambdaClient;
  let cgroups: string[];
  before(async () => {
    server = await startLambkin();
    lambda = new LambdaClient(server.client);
    await lambda.send(
      new CreateFunctionCommand({
        FunctionName: "spinner",
        Runtime: "nodejs24.x",
        Handler: "index.handler",
        MemorySize: 128,
        Timeout: 60,
        Role: "arn:aws:iam::000000000000:role/any",
        Code: { ZipFile: await deploymentPackage({ "index.js": SPINNER }) },
      }),
    );
    await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 60 }, { FunctionName: "spinner" });
    await invoke(0);
    cgroups = await spawnerCgroups(await spawnerOf(server.pid));
  });
  after(async () => {
    lambda.destroy();
    await server[Symbol.asyncDispose]();
  });

  it("runs where nobody else wants to, and by its weight from its next invocation on", async () => {
    assert.deepEqual(yielding(), []);
    for (let round = 0; round < 2; round += 1) {
      const computing = invoke(1_000);
      await eventually(() => (yielding().length === 1 ? true : undefined), { what: "it yields" });
      assert.equal(await computing, 1_000);
      assert.equal(await invoke(0), 0);
      await eventually(() => (yielding().length === 0 ? true : undefined), { what: "it does so no longer" });
    }
  });

  /** Of the sandboxes' cgroups those that the kernel treats so. */
  function yielding(): string[] {
    const found = cgroups
      .flatMap((path) => readdirSync(path).map((name) => join(path, name, "cpu.idle")))
      .filter((path) => existsSync(path));
    assert.ok(found.length > 0, "sandboxes have cgroups with cpu.idle");
    return found.filter((path) => Number(readFileSync(path, "latin1")) === 1);
  }

  async function invoke(ms: number): Promise<unknown> {
    const { Payload } = await lambda.send(
      new InvokeCommand({ FunctionName: "spinner", Payload: JSON.stringify({ ms }) }),
    );
    return JSON.parse(Payload?.transformToString() ?? "");
  }
});
