import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { environmentLimits, systemClock } from "../../src/base/index.ts";
import {
  type EnvironmentWorld,
  type FunctionOptions,
  openEnvironmentWorld,
  type RunningFunction,
} from "../../testkit/environment-world.ts";
import { eventually } from "../../testkit/eventually.ts";
import { startWithExtensions } from "../../testkit/extended-function.ts";
import { saidByExtensions } from "../../testkit/extension-program.ts";
import { LATE_FREEZES } from "../../testkit/late-freezes.ts";
import { StretchedClock } from "../../testkit/stretched-clock.ts";
import { TESTED_TIERS } from "../../testkit/tested-tier.ts";

for (const tier of TESTED_TIERS) {
  const isolated = tier === TESTED_TIERS.at(-1);
  describe(`subscribers on the ${tier} tier`, { concurrency: 3 }, () => {
    let world: EnvironmentWorld;
    before(async () => {
      // A freeze that came in between would put delivery off until the next invocation.
      world = await openEnvironmentWorld({ tier, clock: LATE_FREEZES });
    });
    after(() => world.close());

    const start = (extensions: Readonly<Record<string, object>>, options?: Partial<FunctionOptions>) =>
      startWithExtensions(world, extensions, options);
    const said = (running: RunningFunction, name: string) => saidByExtensions(running.log(), name);

    // Only a network namespace of its own knows the name and is not shared with others.
    for (const protocol of tier !== "process" ? ["HTTP", "TCP"] : ["TCP"]) {
      it(`are told of everything over ${protocol}, from the beginning and in order`, async () => {
        const running = await start({ watcher: { telemetry: { protocol } } });
        const [, { subscribed }] = said(running, "watcher");
        assert.deepEqual(subscribed, [200, '"OK"\n']);
        const { requestId, outcome } = await running.invoke({}, { tenantId: "blue" });
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
        const value = "Root=1-5e1b4151-5ac6c58f3f5f0a1f1e1d1c1b;Parent=53995c3f42cd8ad8;Sampled=0";
        const tracing = { type: "X-Amzn-Trace-Id", value };
        const startRecord = { requestId, version: "$LATEST", tenantId: "blue", tracing };
        assert.deepEqual(telemetry()[5].record, startRecord);
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
        for (const record of [done, report.record])
          assert.deepEqual([record.tenantId, record.tracing], ["blue", tracing]);
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
          // A line that an event of the platform came into would be cut in two.
          "index.js": `exports.handler = async () => {
            for (let n = 0; n < ${lines - 1}; n++) process.stdout.write('${printed}' + n + "\\n");
            await new Promise((resolve) => process.stdout.write('${printed}${lines - 1}\\n', resolve));
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
        const records = dropped.map((line) => (JSON.parse(line) as { record: any }).record);
        for (const { reason } of records)
          assert.equal(
            reason,
            "Some logs were dropped because the downstream consumer is slower than the logs production rate",
          );
        const sum = (of: string) => records.reduce((all: number, record) => all + record[of], 0);
        assert.ok(sum("droppedRecords") > 1_000 && sum("droppedBytes") > 200_000, JSON.stringify(records));
      });

      it("get lines whole that the log has in several events", async () => {
        const length = 700_000;
        const files = {
          "index.js": `exports.handler = ({ long }) => new Promise((resolve) =>
            long ? process.stdout.write("x".repeat(${length}) + "\\n", resolve) : resolve());`,
        };
        // The usual buffers hold less than the one line.
        const telemetry = (protocol: string) => ({
          telemetry: { protocol, types: ["function"] },
          lengths: true,
        });
        // Processes in gVisor are too slow to get anywhere between freezes.
        const clock = tier === "gvisor" ? LATE_FREEZES : systemClock;
        await using freezing = await openEnvironmentWorld({ tier, clock });
        const extensions = { http: telemetry("HTTP"), tcp: telemetry("TCP") };
        const running = await startWithExtensions(freezing, extensions, { files });
        const { log } = await running.invoke({ long: true });
        const events = log.filter((line) => line.startsWith("x"));
        assert.equal(events.length, Math.ceil(length / environmentLimits.logEventBytes));
        assert.equal(events.join("").replaceAll("\n", "").length, length);
        const lengths = async () => {
          // What a freeze cut off is sent again.
          await running.invoke({});
          const told = ["http", "tcp"].flatMap((name) =>
            said(running, name).flatMap((what) => ("length" in what ? [what["length"]] : [])),
          );
          return told.length === 2 ? told : undefined;
        };
        assert.deepEqual(await eventually(lengths, { what: "the line at both" }), [length + 1, length + 1]);
      });

      it("are told by the Logs API what it knows", async () => {
        const api = {
          ...{ api: "2020-08-15/logs", schemaVersion: "2021-03-18" },
          ...{ protocol: "HTTP", method: "PUT", host: "sandbox" },
        };
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
        const [{ via }] = said(running, "watcher").filter((what) => what.via !== undefined);
        assert.deepEqual(via, ["PUT", "application/json"]);
      });

      it("are told of a failure before they are ended for it", async () => {
        await using unhurried = await openEnvironmentWorld({ tier, clock: new StretchedClock(8) });
        const running = await startWithExtensions(unhurried, {
          events: { telemetry: { protocol: "HTTP" }, leavesAfter: "platform.runtimeDone" },
          logs: {
            telemetry: { api: "2020-08-15/logs", schemaVersion: "2020-08-15", protocol: "TCP" },
            leavesAfter: "platform.fault",
          },
        });
        const { requestId } = await running.invoke({ do: "exit" });
        const told = (name: string, type: string) =>
          said(running, name).findIndex(({ telemetry }) => telemetry?.type === type);
        const ended = (name: string) => said(running, name).findIndex(({ left }) => left === true);
        const done = told("events", "platform.runtimeDone");
        assert.ok(done > 0 && done < ended("events"));
        const { record } = said(running, "events")[done].telemetry;
        assert.deepEqual([record.status, record.errorType], ["error", "Runtime.ExitError"]);
        assert.equal(told("events", "platform.fault"), -1);
        assert.equal(told("logs", "platform.runtimeDone"), -1);
        const fault = told("logs", "platform.fault");
        assert.ok(fault > 0 && fault < ended("logs"));
        assert.equal(
          said(running, "logs")[fault].telemetry.record,
          `RequestId: ${requestId} Error: Runtime exited with error: exit status 1\nRuntime.ExitError\n`,
        );
      });

      it("get JSON lines as objects or as text, by the version that they ask for", async () => {
        const line = '{"level":"INFO","message":"m"}\n';
        const of = (schemaVersion: string) => ({
          telemetry: { protocol: "TCP", types: ["function"], schemaVersion },
        });
        const files = {
          "index.js": `exports.handler = async () => process.stdout.write(${JSON.stringify(line)}) && null;`,
        };
        const running = await start(
          { text: of("2022-07-01"), objects: of("2022-12-13") },
          { files, settings: { logFormat: "JSON" } },
        );
        await running.invoke({});
        await running.invoke({});
        const [text, objects] = await Promise.all(
          ["text", "objects"].map((name) =>
            eventually(() => said(running, name).find(({ telemetry }) => telemetry !== undefined), {
              what: `what ${name} is told`,
            }),
          ),
        );
        assert.equal(text.telemetry.record, line);
        assert.deepEqual(objects.telemetry.record, JSON.parse(line));
      });
    }
  });
}
