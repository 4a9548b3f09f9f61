import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  type EnvironmentWorld,
  type FunctionOptions,
  openEnvironmentWorld,
  type RunningFunction,
} from "../../testkit/environment-world.ts";
import { eventually } from "../../testkit/eventually.ts";
import { EXTENSION_PROGRAM, saidByExtensions } from "../../testkit/extension-program.ts";
import { TESTED_TIERS } from "../../testkit/tested-tier.ts";

const FUNCTION = `
const http = require("node:http");
const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(":");
process.on("SIGTERM", () => { process.stdout.write("asked to leave\\n"); process.exit(0); });
const call = (method, path, headers, body) => new Promise((resolve) => {
  http.request({ host, port, method, path, headers }, (answer) => {
    let text = "";
    answer.on("data", (part) => { text += part; });
    answer.on("end", () => resolve({ status: answer.statusCode, id: answer.headers["lambda-extension-identifier"], text }));
  }).end(body);
});
exports.handler = async (event) => {
  if (event.do === "hang") await new Promise((resolve) => setTimeout(resolve, 60_000));
  if (event.do === "exit") process.exit(1);
  if (event.do === "register") {
    return (await call("POST", "/2020-01-01/extension/register", { "Lambda-Extension-Name": "late" }, '{"events":[]}')).text;
  }
  if (event.do === "write") require("node:fs").writeFileSync(require("node:os").tmpdir() + "/kept", "kept");
  if (event.do === "read") return require("node:fs").readFileSync(require("node:os").tmpdir() + "/kept", "utf8");
  console.log("handled");
  return event;
};`;

/** Registers while the runtime loads it: afterwards it would be too late. */
const INTERNAL = `
import http from "node:http";
const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(":");
process.on("SIGTERM", () => { process.stdout.write("asked to leave\\n"); process.exit(0); });
const call = (method, path, headers, body) => new Promise((resolve) => {
  http.request({ host, port, method, path: "/2020-01-01/extension/" + path, headers }, (answer) => {
    let text = "";
    answer.on("data", (part) => { text += part; });
    answer.on("end", () => resolve({ id: answer.headers["lambda-extension-identifier"], text }));
  }).end(body);
});
const name = { "Lambda-Extension-Name": "internal" };
process.stdout.write("refused " + (await call("POST", "register", name, '{"events":["SHUTDOWN"]}')).text);
const { id } = await call("POST", "register", name, '{"events":["INVOKE"]}');
void (async () => {
  for (;;) {
    const next = await call("GET", "event/next", { "Lambda-Extension-Identifier": id });
    process.stdout.write("internal " + JSON.parse(next.text).eventType + "\\n");
  }
})();
export const handler = async (event) => event;`;

for (const tier of TESTED_TIERS) {
  const isolated = tier === TESTED_TIERS.at(-1);
  describe(`extensions on the ${tier} tier`, { concurrency: 3 }, () => {
    let world: EnvironmentWorld;
    before(async () => {
      world = await openEnvironmentWorld({ tier, initMs: 30_000 });
    });
    after(() => world.close());

    function start(
      extensions: Readonly<Record<string, object>>,
      options: Partial<FunctionOptions> = {},
    ): Promise<RunningFunction> {
      const files = Object.keys(extensions).map((name) => [`extensions/${name}`, EXTENSION_PROGRAM]);
      return world.start({
        runtime: "nodejs22.x",
        files: { "index.js": FUNCTION },
        layer: Object.fromEntries(files) as Record<string, string>,
        ...options,
        environment: { EXTENSION: JSON.stringify(extensions), ...options.environment },
      });
    }

    const said = (running: RunningFunction, name: string) => saidByExtensions(running.log(), name);

    it("register before the runtime starts, hear of invocations, and of the end", async () => {
      const running = await start({ first: {}, second: { events: ["SHUTDOWN"] } });
      const [registered] = said(running, "first");
      assert.deepEqual(Object.keys(registered.registered), [
        "accountId",
        "functionName",
        "functionVersion",
        "handler",
      ]);
      assert.deepEqual(registered.registered, {
        accountId: "123456789012",
        functionName: running.spec.functionName,
        functionVersion: "$LATEST",
        handler: "index.handler",
      });
      assert.ok(registered.variables.includes("AWS_LAMBDA_RUNTIME_API"));
      for (const absent of [
        "_HANDLER",
        "AWS_EXECUTION_ENV",
        "LAMBDA_TASK_ROOT",
        "AWS_LAMBDA_LOG_STREAM_NAME",
      ])
        assert.ok(!registered.variables.includes(absent), absent);
      if (tier !== "process") assert.equal(registered.cwd, "/");
      const { outcome, requestId, json } = await running.invoke({ a: 1 });
      assert.deepEqual(json, { a: 1 });
      const [, { event, eventId }] = said(running, "first");
      assert.deepEqual(Object.keys(event), [
        "eventType",
        "deadlineMs",
        "requestId",
        "invokedFunctionArn",
        "tracing",
      ]);
      assert.deepEqual([event.eventType, event.requestId], ["INVOKE", requestId]);
      assert.equal(event.invokedFunctionArn, running.spec.functionArn);
      assert.equal(event.deadlineMs, outcome.startedAt + 10_000);
      assert.match(eventId, /^[0-9a-f-]{36}$/);
      const states = running.log().filter((line) => line.startsWith("EXTENSION"));
      assert.deepEqual(states, [
        "EXTENSION\tName: first\tState: Ready\tEvents: [INVOKE, SHUTDOWN]\n",
        "EXTENSION\tName: second\tState: Ready\tEvents: [SHUTDOWN]\n",
      ]);
      assert.match((await running.invoke({ do: "register" })).json, /Extension registration closed already/);
      await running.environment.retire();
      assert.equal(await running.gone, undefined);
      for (const name of ["first", "second"]) {
        const [{ event: end }, left] = said(running, name).slice(-2);
        assert.deepEqual([end.eventType, end.shutdownReason], ["SHUTDOWN", "spindown"]);
        assert.ok(Math.abs(end.deadlineMs - Date.now() - 2_000) < 2_000);
        assert.deepEqual(left, { left: true });
      }
      assert.ok(running.log().includes("asked to leave\n"));
    });

    // What isolation makes no difference to is tried on one tier.
    if (isolated) {
      it("keep an invocation, but not its answer, until they ask for the next", async () => {
        const running = await start({ worker: { worksMs: 300 } });
        const { answeredEarly, outcome } = await running.invoke({});
        assert.equal(answeredEarly, true);
        assert.ok(outcome.durationMs >= 299, `${outcome.durationMs} ms`);
        assert.ok((outcome.postRuntimeExtensionsMs ?? 0) > 150, `${outcome.postRuntimeExtensionsMs} ms`);
        assert.equal(outcome.status, "success");
        const late = await start({ worker: { worksMs: 20_000 } }, { timeoutMs: 1_500 });
        const slow = await late.invoke({ a: 1 });
        assert.deepEqual(slow.json, { a: 1 });
        assert.equal(slow.outcome.status, "timeout");
        assert.match(slow.log.at(-1) ?? "", /\tStatus: timeout\n$/);
      });

      it("hear why they are ended, and are started anew with the runtime", async () => {
        const running = await start({ one: {} }, { timeoutMs: 3_000 });
        const reasons = () =>
          said(running, "one")
            .map(({ event }) => event?.shutdownReason)
            .filter((reason) => reason !== undefined);
        await running.invoke({ do: "write" });
        assert.equal((await running.invoke({ do: "hang" })).outcome.errorType, "Sandbox.Timedout");
        assert.equal((await running.invoke({ do: "read" })).json, "kept");
        assert.equal((await running.invoke({ do: "exit" })).outcome.errorType, "Runtime.ExitError");
        await running.invoke({});
        assert.deepEqual(reasons(), ["timeout", "failure"]);
        assert.equal(said(running, "one").filter(({ registered }) => registered).length, 3);
      });

      it("end an invocation by ending", async () => {
        const cases = [
          [{ exitOnInvoke: 0 }, "Extension.Crash", "exit code 0"],
          [{ exitOnInvoke: 3 }, "Extension.Crash", "exit status 3"],
          [{ exitError: true, worksMs: 60_000 }, "Extension.ExitError", "Extension.GaveUp"],
        ] as const;
        for (const [settings, errorType, why] of cases) {
          const running = await start({ broken: settings }, { timeoutMs: 30_000 });
          const { json, outcome, requestId } = await running.invoke({ do: "hang" });
          assert.deepEqual(json, { errorType, errorMessage: `RequestId: ${requestId} Error: ${why}` });
          assert.equal(outcome.status, "error");
          await running.environment.retire();
        }
      });

      it("fail an init", async () => {
        const cases = [
          [{ exitAtStart: 1 }, "Extension.Crash", /exit status 1$/],
          [{ initError: true }, "Extension.InitError", /Extension\.NoKey$/],
        ] as const;
        for (const [settings, errorType, why] of cases) {
          const running = await start({ broken: settings });
          const { json, outcome } = await running.invoke({});
          assert.equal(json.errorType, errorType);
          assert.match(json.errorMessage, why);
          assert.equal(outcome.functionError, "Unhandled");
          const reports = running.log().filter((line) => line.startsWith("INIT_REPORT"));
          assert.match(
            reports[0] ?? "",
            new RegExp(`Phase: init\tStatus: error\tError Type: ${errorType}\n$`),
          );
          assert.match(reports[1] ?? "", /Phase: invoke\t/);
          await running.environment.retire();
        }
        const plain = await world.start({
          runtime: "nodejs22.x",
          files: { "index.js": FUNCTION },
          layer: { "extensions/plain.txt": "no program", "extensions/folder/inner": "" },
        });
        const { json } = await plain.invoke({});
        assert.equal(json.errorType, "Extension.LaunchError");
        assert.match(
          plain.log().find((line) => line.startsWith("EXTENSION")) ?? "",
          /Name: plain\.txt\tState: LaunchError\tEvents: \[\]\tError Type: PermissionDenied\n$/,
        );
        const files = Array.from({ length: 11 }, (_, number) => [`e${number}`, {}]);
        const many = await start(Object.fromEntries(files) as Record<string, object>);
        const refused = await many.invoke({});
        assert.equal(
          refused.text,
          `{"errorType":"Extension.LaunchError","errorMessage":"RequestId: ${refused.requestId} Error: ErrTooManyExtensions"}`,
        );
      });

      it("may be turned off by a layer", async () => {
        const running = await start(
          { off: {} },
          { layer: { "extensions/off": EXTENSION_PROGRAM, "disable-extensions-jwigqn8j": "" } },
        );
        assert.deepEqual((await running.invoke({ a: 1 })).json, { a: 1 });
        assert.deepEqual(said(running, "off"), []);
      });
    }

    it("may live in the runtime, for invocations only", async () => {
      const running = await start({}, { files: { "index.mjs": INTERNAL } });
      await running.invoke({});
      await running.environment.retire();
      const log = running.log();
      const refused = log.find((line) => line.startsWith("refused")) ?? "";
      assert.equal(
        refused,
        'refused {"errorMessage":"SHUTDOWN: ShutdownEventNotSupportedForInternalExtension","errorType":"Extension.InvalidEventType"}\n',
      );
      assert.ok(log.includes("internal INVOKE\n"));
      assert.ok(log.includes("asked to leave\n"));
      assert.ok(log.includes("EXTENSION\tName: internal\tState: Ready\tEvents: [INVOKE]\n"));
    });

    // Only a network namespace of its own knows the name and is not shared with others.
    for (const protocol of tier !== "process" ? ["HTTP", "TCP"] : ["TCP"]) {
      it(`are told of everything over ${protocol}, from the beginning and in order`, async () => {
        const running = await start({ watcher: { telemetry: { protocol } } });
        const [, { subscribed }] = said(running, "watcher");
        assert.deepEqual(subscribed, [200, '"OK"\n']);
        const { requestId, outcome } = await running.invoke({});
        await running.invoke({});
        const telemetry = () =>
          said(running, "watcher")
            .map(({ telemetry: event }) => event)
            .filter((event) => event !== undefined);
        const reported = () => telemetry().find(({ type }) => type === "platform.report");
        const report = await eventually(reported, { what: "the report of the first invocation" });
        const types = telemetry().map(({ type }) => type);
        assert.deepEqual(types.slice(0, 8), [
          "platform.initStart",
          "platform.telemetrySubscription",
          "platform.extension",
          "platform.initRuntimeDone",
          "platform.initReport",
          "platform.start",
          "function",
          "platform.runtimeDone",
        ]);
        const [initStart, subscription] = telemetry();
        assert.deepEqual(Object.keys(initStart), ["time", "type", "record"]);
        assert.equal(initStart.record.functionName, running.spec.functionName);
        assert.equal(initStart.record.instanceId, outcome.logStream);
        assert.deepEqual(subscription.record, {
          name: "watcher",
          state: "Subscribed",
          types: ["platform", "function"],
        });
        const line = telemetry()[6];
        assert.match(line.record, new RegExp(`\t${requestId}\tINFO\thandled\n$`));
        const done = telemetry()[7].record;
        assert.deepEqual(
          [done.requestId, done.status, done.metrics.producedBytes],
          [requestId, "success", 2],
        );
        assert.deepEqual(
          done.spans.map(({ name }: { name: string }) => name),
          ["responseLatency", "responseDuration", "runtimeOverhead"],
        );
        assert.equal(report.record.requestId, requestId);
        assert.equal(report.record.metrics.billedDurationMs, outcome.billedDurationMs);
        assert.equal(report.record.spans[0].name, "extensionOverhead");
        const times = telemetry().map(({ time }) => time);
        assert.deepEqual(
          times,
          times.toSorted((one, other) => Date.parse(one) - Date.parse(other)),
        );
      });
    }

    if (isolated) {
      it("hold up nobody by taking nothing, lose events beyond their buffers, and are told so", async () => {
        const lines = 6_000; // In two rounds more than the usual buffers, and less than the largest.
        const printed = "x".repeat(200);
        const files = {
          "index.js": `exports.handler = async () => {
            for (let n = 0; n < ${lines}; n++) process.stdout.write('${printed}' + n + "\\n");
          };`,
        };
        const deaf = (protocol: string, how: string) => ({ telemetry: { protocol, deaf: how } });
        const running = await start(
          {
            listener: {
              telemetry: { protocol: "TCP", types: ["function"], maxBytes: 1_048_576 },
              quiet: true,
            },
            "http-silent": deaf("HTTP", "silent"),
            "http-unread": deaf("HTTP", "unread"),
            "http-closed": deaf("HTTP", "closed"),
            "tcp-unread": deaf("TCP", "unread"),
            "tcp-closed": deaf("TCP", "closed"),
          },
          { files, timeoutMs: 60_000, settings: { logFormat: "JSON", systemLogLevel: "WARN" } },
        );
        for (let round = 0; round < 2; round += 1) {
          const { outcome } = await running.invoke({});
          assert.deepEqual([outcome.status, outcome.functionError], ["success", undefined]);
        }
        const heard = () => {
          const told = said(running, "listener").flatMap(({ heard: numbers }) => (numbers ?? []) as number[]);
          return told.length === 2 * lines ? told : undefined;
        };
        const numbers = await eventually(heard, { what: "all lines at the subscriber that listens" });
        const once = Array.from({ length: lines }, (_, number) => number);
        assert.deepEqual(numbers, [...once, ...once]);
        const dropped = running.log().filter((line) => line.includes('"platform.logsDropped"'));
        assert.ok(dropped.length > 0 && dropped.length < 50, `${dropped.length} lines of what was dropped`);
        const { record } = JSON.parse(dropped[0] ?? "") as { record: Record<string, unknown> };
        assert.equal(
          record["reason"],
          "Some logs were dropped because the downstream consumer is slower than the logs production rate",
        );
        assert.ok(Number(record["droppedRecords"]) > 1_000 && Number(record["droppedBytes"]) > 200_000);
      });

      it("are told by the Logs API what it knows", async () => {
        const api = { api: "2020-08-15/logs", schemaVersion: "2021-03-18", protocol: "TCP" };
        const running = await start({ watcher: { telemetry: api } });
        const { requestId } = await running.invoke({});
        await running.invoke({});
        const telemetry = () =>
          said(running, "watcher")
            .map(({ telemetry: event }) => event)
            .filter((event) => event !== undefined);
        await eventually(() => telemetry().find(({ type }) => type === "platform.report"), {
          what: "the report of the first invocation",
        });
        assert.deepEqual(
          telemetry()
            .slice(0, 7)
            .map(({ type }) => type),
          [
            "platform.logsSubscription",
            "platform.extension",
            "platform.start",
            "function",
            "platform.runtimeDone",
            "platform.end",
            "platform.report",
          ],
        );
        assert.deepEqual(telemetry()[5].record, { requestId });
      });
    }
  });

  if (isolated) {
    describe(`extensions that do not register on the ${tier} tier`, () => {
      it("let the init run out of time", async () => {
        await using world = await openEnvironmentWorld({ tier, initMs: 300 });
        const running = await world.start({
          runtime: "nodejs22.x",
          files: { "index.js": FUNCTION },
          layer: { "extensions/mute": EXTENSION_PROGRAM },
          environment: { EXTENSION: '{"mute":{"silent":true}}' },
          timeoutMs: 500,
        });
        const { outcome } = await running.invoke({});
        assert.equal(outcome.errorType, "Sandbox.Timedout");
        const reports = running.log().filter((line) => line.startsWith("INIT_REPORT"));
        assert.match(reports[0] ?? "", /Phase: init\tStatus: timeout\n$/);
      });
    });
  }
}
