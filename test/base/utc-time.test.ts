import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { utcTime } from "../../src/base/index.ts";

const shown = (text: string) => {
  const time = utcTime(text);
  return time === undefined ? undefined : new Date(time).toISOString();
};

test("months, days and moments are UTC unless they say an offset", () => {
  assert.equal(shown("2026-11"), "2026-11-01T00:00:00.000Z");
  assert.equal(shown("2024-02-29"), "2024-02-29T00:00:00.000Z");
  assert.equal(shown("2026-11-30T23:59:59.5"), "2026-11-30T23:59:59.500Z");
  assert.equal(shown("2026-11-30 08:15"), "2026-11-30T08:15:00.000Z");
  assert.equal(shown("2026-11-30T08:15:00Z"), "2026-11-30T08:15:00.000Z");
  assert.equal(shown("2026-11-30T23:15+01:30"), "2026-11-30T21:45:00.000Z");
});

test("also where the machine's time is another one", () => {
  const module = new URL("../../src/base/utc-time.ts", import.meta.url).href;
  const program = `import { utcTime } from ${JSON.stringify(module)}; console.log(utcTime("2026-11-29T18:00"));`;
  const { stdout } = spawnSync(process.execPath, ["--input-type=module", "-e", program], {
    env: { ...process.env, TZ: "America/New_York" },
    encoding: "utf8",
  });
  assert.equal(Number(stdout), Date.UTC(2026, 10, 29, 18));
});

test("what no calendar has is no time", () => {
  for (const text of [
    "2026-11-31",
    "2026-02-29",
    "2026-13",
    "2026-00-10",
    "2026-11-00",
    "2026-11-01T25:00",
    "2026-11-01T10",
    "2026",
    "2026-11-01 at noon",
    "",
  ])
    assert.equal(utcTime(text), undefined, text);
});
