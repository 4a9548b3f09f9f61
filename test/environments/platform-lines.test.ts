import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  endLine,
  initReportLine,
  initStartLine,
  reportLine,
  startLine,
} from "../../src/environments/platform-lines.ts";

const report = {
  requestId: "id",
  durationMs: 9.688,
  billedDurationMs: 10,
  memoryMiB: 128,
  maxMemoryUsedMiB: 56,
};

describe("platform lines", () => {
  it("are what tools parse, to the tab", () => {
    assert.equal(
      initStartLine("python:3.13.v48", "arn:aws:lambda:us-east-1::runtime:ab"),
      "INIT_START Runtime Version: python:3.13.v48\tRuntime Version ARN: arn:aws:lambda:us-east-1::runtime:ab\n",
    );
    assert.equal(startLine("id", "$LATEST"), "START RequestId: id Version: $LATEST\n");
    assert.equal(endLine("id"), "END RequestId: id\n");
    assert.equal(
      reportLine(report),
      "REPORT RequestId: id\tDuration: 9.69 ms\tBilled Duration: 10 ms\tMemory Size: 128 MB\tMax Memory Used: 56 MB\t\n",
    );
    assert.match(
      reportLine({ ...report, initDurationMs: 423.984 }),
      /^REPORT RequestId: (\S+)\tDuration: ([\d.]+) ms\tBilled Duration: (\d+) ms\tMemory Size: (\d+) MB\tMax Memory Used: (\d+) MB\tInit Duration: 423\.98 ms\t\n$/,
    );
  });

  it("end a report after its status", () => {
    assert.match(
      reportLine({ ...report, initDurationMs: 84, failure: { status: "timeout" } }),
      /MB\tInit Duration: 84\.00 ms\tStatus: timeout\n$/,
    );
    assert.match(
      reportLine({ ...report, failure: { status: "error", errorType: "Runtime.ExitError" } }),
      /Max Memory Used: 56 MB\tStatus: error\tError Type: Runtime\.ExitError\n$/,
    );
  });

  it("tell of failed inits only what failed", () => {
    assert.equal(
      initReportLine({ durationMs: 10_008.54, phase: "init", status: "timeout" }),
      "INIT_REPORT Init Duration: 10008.54 ms\tPhase: init\tStatus: timeout\n",
    );
    assert.equal(
      initReportLine({ durationMs: 1, phase: "invoke", status: "error", errorType: "Runtime.ExitError" }),
      "INIT_REPORT Init Duration: 1.00 ms\tPhase: invoke\tStatus: error\tError Type: Runtime.ExitError\n",
    );
  });
});
