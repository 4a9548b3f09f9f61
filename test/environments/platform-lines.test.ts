import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { levelOf, type PlatformEvent } from "../../src/environments/logs/platform-event.ts";
import { platformLine } from "../../src/environments/logs/platform-lines.ts";

type Event<Type extends PlatformEvent["type"]> = PlatformEvent & { readonly type: Type };
type Report = Event<"platform.report">["record"];
type InitReport = Event<"platform.initReport">["record"];

const report = (record: Partial<Report> = {}, metrics: Partial<Report["metrics"]> = {}, ownError = false) =>
  platformLine({
    type: "platform.report",
    ownError,
    record: {
      requestId: "id",
      status: "success",
      metrics: {
        durationMs: 9.688,
        billedDurationMs: 10,
        memorySizeMB: 128,
        maxMemoryUsedMB: 56,
        ...metrics,
      },
      ...record,
    },
  });

const initReport = (durationMs: number, record: Partial<InitReport>): PlatformEvent => ({
  type: "platform.initReport",
  record: {
    initializationType: "on-demand",
    phase: "init",
    status: "success",
    metrics: { durationMs },
    ...record,
  },
});

const initStart = (runtime: object): PlatformEvent => ({
  type: "platform.initStart",
  record: {
    initializationType: "on-demand",
    phase: "init",
    functionName: "f",
    functionArn: "arn",
    functionVersion: "1",
    instanceId: "stream",
    instanceMaxMemory: 128,
    ...runtime,
  },
});

describe("platform lines", () => {
  it("are what tools parse, to the tab", () => {
    const runtime = {
      runtimeVersion: "python:3.13.v48",
      runtimeVersionArn: "arn:aws:lambda:us-east-1::runtime:ab",
    };
    assert.equal(
      platformLine(initStart(runtime)),
      "INIT_START Runtime Version: python:3.13.v48\tRuntime Version ARN: arn:aws:lambda:us-east-1::runtime:ab\n",
    );
    assert.equal(platformLine(initStart({})), undefined);
    assert.equal(
      platformLine({ type: "platform.start", record: { requestId: "id", version: "$LATEST" } }),
      "START RequestId: id Version: $LATEST\n",
    );
    assert.equal(platformLine({ type: "platform.end", record: { requestId: "id" } }), "END RequestId: id\n");
    assert.equal(
      report(),
      "REPORT RequestId: id\tDuration: 9.69 ms\tBilled Duration: 10 ms\tMemory Size: 128 MB\tMax Memory Used: 56 MB\t\n",
    );
    assert.match(
      report({}, { initDurationMs: 423.984 }) ?? "",
      /^REPORT RequestId: (\S+)\tDuration: ([\d.]+) ms\tBilled Duration: (\d+) ms\tMemory Size: (\d+) MB\tMax Memory Used: (\d+) MB\tInit Duration: 423\.98 ms\t\n$/,
    );
    assert.equal(
      platformLine({
        type: "platform.extension",
        record: { name: "my-ext", state: "Ready", events: ["INVOKE", "SHUTDOWN"] },
      }),
      "EXTENSION\tName: my-ext\tState: Ready\tEvents: [INVOKE, SHUTDOWN]\n",
    );
    assert.equal(
      platformLine({
        type: "platform.extension",
        record: { name: "my-ext", state: "LaunchError", events: [], errorType: "PermissionDenied" },
      }),
      "EXTENSION\tName: my-ext\tState: LaunchError\tEvents: []\tError Type: PermissionDenied\n",
    );
    const subscribed = { name: "my-ext", state: "Subscribed", types: ["platform", "function"] } as const;
    assert.equal(
      platformLine({ type: "platform.telemetrySubscription", record: subscribed }),
      "TELEMETRY\tName: my-ext\tState: Subscribed\tTypes: [Platform, Function]\n",
    );
    assert.equal(
      platformLine({ type: "platform.logsSubscription", record: subscribed }),
      "LOGS\tName: my-ext\tState: Subscribed\tTypes: [Platform, Function]\n",
    );
  });

  it("end a report after its status, and with its trace if it is sampled", () => {
    assert.match(
      report({ status: "timeout", errorType: "Sandbox.Timedout" }, { initDurationMs: 84 }) ?? "",
      /MB\tInit Duration: 84\.00 ms\tStatus: timeout\n$/,
    );
    assert.match(
      report({ status: "error", errorType: "Runtime.ExitError" }) ?? "",
      /Max Memory Used: 56 MB\tStatus: error\tError Type: Runtime\.ExitError\n$/,
    );
    assert.match(report({ status: "error", errorType: "ValueError" }, {}, true) ?? "", /56 MB\t\n$/);
    const traced = (sampled: number) =>
      report({
        tracing: { type: "X-Amzn-Trace-Id", value: `Root=1-6ac7d554-62c6;Parent=8548;Sampled=${sampled}` },
      }) ?? "";
    assert.match(traced(1), /56 MB\t\nXRAY TraceId: 1-6ac7d554-62c6\tSegmentId: 8548\tSampled: true\t\n$/);
    assert.match(traced(0), /56 MB\t\n$/);
  });

  it("tell of failed inits only what failed, and of successful ones only where nobody asked for them", () => {
    const line = (durationMs: number, record: Partial<InitReport>) =>
      platformLine(initReport(durationMs, record));
    assert.equal(
      line(10_008.54, { status: "timeout" }),
      "INIT_REPORT Init Duration: 10008.54 ms\tPhase: init\tStatus: timeout\n",
    );
    assert.equal(
      line(1, { phase: "invoke", status: "error", errorType: "Runtime.ExitError" }),
      "INIT_REPORT Init Duration: 1.00 ms\tPhase: invoke\tStatus: error\tError Type: Runtime.ExitError\n",
    );
    assert.equal(line(1, {}), undefined);
    assert.equal(
      line(1, { initializationType: "provisioned-concurrency" }),
      "INIT_REPORT Init Duration: 1.00 ms\n",
    );
  });

  it("have the levels of the documentation", () => {
    const levels = [
      initStart({ runtimeVersion: "v" }),
      initStart({}),
      initReport(1, {}),
      initReport(1, { initializationType: "snap-start" }),
      initReport(1, { status: "timeout" }),
    ].map(levelOf);
    assert.deepEqual(levels, ["INFO", "DEBUG", "DEBUG", "INFO", "WARN"]);
  });
});
