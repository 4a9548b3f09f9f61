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

/** Computes in its init and in its invocations, in CPU time; ends if it is told to. */
const COMPUTER = `
const compute = (ms) => {
  const begun = process.cpuUsage();
  for (;;) {
    const { user, system } = process.cpuUsage(begun);
    if ((user + system) / 1000 >= ms) return;
  }
};
compute(Number(process.env.INIT_MS ?? 0));
exports.handler = async ({ ms, exit }) => {
  if (exit) process.exit(1);
  compute(ms);
  return ms;
};`;

/** Whoever computes for longer yields; see native/spawner/priority.c. */
const SHORT_MS = 10;

describe("a function that computes for long", () => {
  let server: LambkinServer;
  let lambda: LambdaClient;
  let cgroups: string[];
  before(async () => {
    // What is made for a pool yields as well.
    server = await startLambkin({ args: ["--pool", "off"] });
    lambda = new LambdaClient(server.client);
    await create("spinner");
    await invoke(0);
    cgroups = await spawnerCgroups(await spawnerOf(server.pid));
  });
  after(async () => {
    lambda.destroy();
    await server[Symbol.asyncDispose]();
  });

  it("runs where nobody else wants to, and by its weight from its next invocation on", async () => {
    await yieldsNot();
    for (let round = 0; round < 2; round += 1) {
      // In CPU time, which it gets however much else there is to do.
      const computing = invoke(100);
      await eventually(() => (yielding().length === 1 ? true : undefined), { what: "it yields" });
      assert.equal(await computing, 100);
      await yieldsNot();
    }
  });

  it("has its share of the CPU in invocations, and all that there is in its init", async () => {
    // Of a CPU it has a fourteenth, so that the kernel holds it up once in every period that it computes through.
    const ms = 300;
    const periods = periodsFor(ms);
    await create("computer", { INIT_MS: String(ms) });
    const before = new Map(heldUp());
    assert.equal(await call("computer", { ms: 0 }), 0);
    const inInit = most(before);
    assert.ok(inInit < periods / 4, `held up ${inInit} times in its init, for ${periods} periods`);
    const began = performance.now();
    assert.equal(await call("computer", { ms }), ms);
    assertPeriodsSince(began, periods / 2);
  });

  it("has no more than its share for good by ending again and again", async () => {
    const ms = 100;
    const periods = periodsFor(ms);
    await create("ending", { INIT_MS: String(ms) });
    const before = new Map(heldUp());
    for (let init = 1; init <= environmentLimits.fullSpeedInits; init += 1)
      assert.equal((await call("ending", { exit: true })).errorType, "Runtime.ExitError");
    const atFullSpeed = most(before);
    assert.ok(atFullSpeed < periods, `held up ${atFullSpeed} times in all its first inits`);
    const began = performance.now();
    assert.equal(await call("ending", { ms: 0 }), 0);
    assertPeriodsSince(began, periods / 2);
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

  /** From a short invocation on. Where even that has taken more CPU time than short ones do, by the next. */
  async function yieldsNot(): Promise<void> {
    for (let invocations = 0; invocations < 20; invocations += 1) {
      const before = computedMs();
      const tookLong = () => computedMs() - before > SHORT_MS;
      assert.equal(await invoke(0), 0);
      await eventually(() => yielding().length === 0 || tookLong() || undefined, { what: "it yields not" });
      if (yielding().length === 0) return;
    }
    assert.fail("no invocation was short");
  }

  /** CPU time of all sandboxes. */
  function computedMs(): number {
    let ms = 0;
    for (const path of cgroups.flatMap((all) => readdirSync(all).map((name) => join(all, name)))) {
      const read = (name: string) =>
        existsSync(join(path, name)) ? readFileSync(join(path, name), "latin1") : "";
      const [, us = 0] = /^usage_usec (\d+)$/m.exec(read("cpu.stat")) ?? [];
      ms += Number(us) / 1e3 + Number(read("cpuacct.usage")) / 1e6;
    }
    return ms;
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

  async function create(FunctionName: string, Variables: Record<string, string> = {}): Promise<void> {
    await lambda.send(
      new CreateFunctionCommand({
        FunctionName,
        Runtime: "nodejs24.x",
        Handler: "index.handler",
        MemorySize: 128,
        Timeout: 600,
        Role: "arn:aws:iam::000000000000:role/any",
        Environment: { Variables },
        Code: { ZipFile: await deploymentPackage({ "index.js": COMPUTER }) },
      }),
    );
    await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 120 }, { FunctionName });
  }
});

/** In how many of its periods a function of 128 MB computes for so long, once it is held to its share. */
function periodsFor(ms: number): number {
  const { cpuPeriodUs, memoryMiBPerCpu } = environmentLimits;
  return ms / ((cpuPeriodUs / 1_000) * (128 / memoryMiBPerCpu));
}

/** On a busy machine there are more, and in few of them it is the function's share that holds it up. */
function assertPeriodsSince(began: number, least: number): void {
  const passed = (performance.now() - began) / (environmentLimits.cpuPeriodUs / 1_000);
  assert.ok(passed > least, `${passed} periods, and not ${least}`);
}
