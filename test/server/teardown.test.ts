import assert from "node:assert/strict";
import { test } from "node:test";
import { LambdaClient, ListFunctionsCommand } from "@aws-sdk/client-lambda";
import { createLog, serverLimits, silentLog, systemClock } from "../../src/base/index.ts";
import { assemble } from "../../src/server/assemble.ts";
import { layGroundwork } from "../../src/server/groundwork.ts";
import type { ServerOptions } from "../../src/server/options.ts";
import { Teardown } from "../../src/server/teardown.ts";
import { eventually } from "../../testkit/eventually.ts";
import { SimulatedClock } from "../../testkit/simulated-clock.ts";

const options: ServerOptions = {
  host: "127.0.0.1",
  port: 0,
  region: "us-east-1",
  account: "000000000000",
  secure: false,
  isolation: "process",
  logLevel: "error",
  logFormat: "text",
};

test("a start that fails while Lambda is called already ends, and so does the call", async () => {
  const teardown = new Teardown(silentLog, systemClock);
  const groundwork = await layGroundwork(options, silentLog, teardown);
  const tier = Promise.withResolvers<never>();
  tier.promise.catch(() => undefined);
  const listening = Promise.withResolvers<number>();
  const starting = assemble(options, {
    ...groundwork,
    tier: tier.promise,
    setEndpointPort: (port) => listening.resolve(port),
  });
  const failed = assert.rejects(starting, /no sandbox today/);
  const endpoint = `http://127.0.0.1:${await listening.promise}`;
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  const lambda = new LambdaClient({ endpoint, region: "us-east-1", credentials, maxAttempts: 1 });
  const called = assert.rejects(lambda.send(new ListFunctionsCommand({})));
  const isCalled = async () => {
    const health = await fetch(`${endpoint}/_localstack/health`);
    const { services } = (await health.json()) as { services: Record<string, string> };
    return services["lambda"] === "running" ? true : undefined;
  };
  await eventually(isCalled, { what: "the call reaches Lambda" });
  tier.reject(new Error("no sandbox today"));
  await failed;
  await teardown.run();
  await called;
  lambda.destroy();
});

test("what holds up the end of a server is named in its log until it is closed", async () => {
  const clock = new SimulatedClock();
  const lines: string[] = [];
  const log = createLog({ level: "warn", format: "text", write: (line) => lines.push(line) });
  const teardown = new Teardown(log, clock);
  const slow = Promise.withResolvers<void>();
  const undone: string[] = [];
  teardown.add("first", () => undone.push("first"));
  teardown.add("the slow one", () => slow.promise);
  teardown.add("last", () => undone.push("last"));
  const running = teardown.run();
  await clock.advance(serverLimits.closeSlowMs * 2);
  assert.deepEqual(undone, ["last"]);
  assert.equal(lines.length, 2);
  for (const line of lines) assert.match(line, /the slow one/);
  slow.resolve();
  await running;
  await clock.advance(serverLimits.closeSlowMs);
  assert.deepEqual(undone, ["last", "first"]);
  assert.equal(lines.length, 2);
});
