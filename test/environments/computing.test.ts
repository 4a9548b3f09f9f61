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
import { environmentLimits } from "../../src/base/index.ts";
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

/** Computes in its init and in its invocations, in CPU time; ends if it is told to. */
const COMPUTER = `
const compute = (ms) => {
  const begun = process.cpuUsage();
  for (;;) {
    const { user, system } = process.cpuUsage(begun);
    if ((user + system) / 1000 >= ms) return;
  }
};
compute(Number(process.env.INIT_MS));
exports.handler = async ({ ms, exit }) => {
  if (exit) process.exit(1);
  compute(ms);
  return ms;
};`;

describe("a function that computes for long", () => {
  let server: LambkinServer;
  let lambda: LambdaClient;
  let cgroups: string[];
  before(async () => {
    // What is made for a pool yields as well.
    server = await startLambkin({ args: ["--pool", "off"] });
    lambda = new LambdaClient(server.client);
    await create("spinner", SPINNER);
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

  it("has its share of the CPU in invocations, and all that there is in its init", async () => {
    // Of a CPU it has a fourteenth, so that the kernel holds it up once in every period that it computes through.
    const ms = 300;
    const periods = periodsFor(ms);
    await create("computer", COMPUTER, { INIT_MS: String(ms) });
    const before = new Map(heldUp());
    assert.equal(await call("computer", { ms: 0 }), 0);
    const inInit = most(before);
    assert.ok(inInit < periods / 4, `held up ${inInit} times in its init, for ${periods} periods`);
    assert.equal(await call("computer", { ms }), ms);
    const inAll = most(before);
    assert.ok(inAll - inInit > periods / 2, `held up ${inAll - inInit} times in ${periods} periods`);
  });

  it("has no more than its share for good by ending again and again", async () => {
    const ms = 100;
    const periods = periodsFor(ms);
    await create("ending", COMPUTER, { INIT_MS: String(ms) });
    const before = new Map(heldUp());
    for (let init = 1; init <= environmentLimits.fullSpeedInits; init += 1)
      assert.equal((await call("ending", { exit: true })).errorType, "Runtime.ExitError");
    const atFullSpeed = most(before);
    assert.ok(atFullSpeed < periods, `held up ${atFullSpeed} times in all its first inits`);
    assert.equal(await call("ending", { ms: 0 }), 0);
    assert.ok(
      most(before) - atFullSpeed > periods / 2,
      `held up ${most(before)} times, ${atFullSpeed} before`,
    );
  });

  /** How often each sandbox was held up for its share, by the kernel's count. */
  function heldUp(): [path: string, times: number][] {
    return cgroups
      .flatMap((path) => readdirSync(path).map((name) => join(path, name, "cpu.stat")))
      .filter((path) => existsSync(path))
      .flatMap((path) => {
        const [, times] = /^nr_throttled (\d+)$/m.exec(readFileSync(path, "latin1")) ?? [];
        return times === undefined ? [] : [[path, Number(times)] as [string, number]];
      });
  }

  /** Of the sandbox that it has happened to most since then. */
  function most(before: ReadonlyMap<string, number>): number {
    return Math.max(...heldUp().map(([path, times]) => times - (before.get(path) ?? 0)));
  }

  /** Of the sandboxes' cgroups those that the kernel treats so. */
  function yielding(): string[] {
    const found = cgroups
      .flatMap((path) => readdirSync(path).map((name) => join(path, name, "cpu.idle")))
      .filter((path) => existsSync(path));
    assert.ok(found.length > 0, "sandboxes have cgroups with cpu.idle");
    return found.filter((path) => Number(readFileSync(path, "latin1")) === 1);
  }

  function invoke(ms: number): Promise<unknown> {
    return call("spinner", { ms });
  }

  async function call(FunctionName: string, event: object): Promise<any> {
    const { Payload } = await lambda.send(
      new InvokeCommand({ FunctionName, Payload: JSON.stringify(event) }),
    );
    return JSON.parse(Payload?.transformToString() ?? "");
  }

  async function create(
    FunctionName: string,
    source: string,
    Variables: Record<string, string> = {},
  ): Promise<void> {
    await lambda.send(
      new CreateFunctionCommand({
        FunctionName,
        Runtime: "nodejs24.x",
        Handler: "index.handler",
        MemorySize: 128,
        Timeout: 60,
        Role: "arn:aws:iam::000000000000:role/any",
        Environment: { Variables },
        Code: { ZipFile: await deploymentPackage({ "index.js": source }) },
      }),
    );
    await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 60 }, { FunctionName });
  }
});

/** In how many of its periods a function of 128 MB computes for so long, once it is held to its share. */
function periodsFor(ms: number): number {
  const { cpuPeriodUs, memoryMiBPerCpu } = environmentLimits;
  return ms / ((cpuPeriodUs / 1_000) * (128 / memoryMiBPerCpu));
}
