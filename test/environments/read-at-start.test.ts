import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { rootCertificates } from "node:tls";
import { type EnvironmentWorld, openEnvironmentWorld } from "../../testkit/environment-world.ts";
import { eventually } from "../../testkit/eventually.ts";

const NODE = `
const { readFileSync, readdirSync } = require("node:fs");
const threads = () => readdirSync("/proc/self/task").map((id) => {
  try {
    return readFileSync("/proc/self/task/" + id + "/comm", "utf8").trim();
  } catch {
    return "gone";
  }
});
exports.handler = async () => {
  await new Promise((resolve) => require("node:crypto").randomFill(new Uint8Array(8), resolve));
  return {
    pooled: readFileSync("/proc/self/environ", "utf8").includes("_LAMBKIN_WAIT"),
    noDeprecation: process.noDeprecation === true,
    extraCertificates: require("node:tls").getCACertificates("extra").length,
    workers: threads().filter((name) => name === "libuv-worker").length,
    hours: new Date(0).getHours(),
    locale: Intl.DateTimeFormat().resolvedOptions().locale,
    wrapped: process.env.WRAPPED,
  };
};`;

const PYTHON = `
import locale, os, sys, time
def handler(event, context):
    with open("/proc/self/environ") as file:
        pooled = "_LAMBKIN_WAIT" in file.read()
    return {
        "pooled": pooled,
        "hash": hash("lambkin"),
        "optimize": sys.flags.optimize,
        "warnings": sys.warnoptions,
        "mine": "/var/task/mine" in sys.path,
        "zone": time.tzname[0],
        "wrapped": os.environ.get("WRAPPED"),
    }
`;

const WRAPPER = '#!/bin/sh\nWRAPPED=yes exec "$@"\n';
const NODEJS = {
  runtime: "nodejs24.x",
  files: { "index.js": NODE, "ca.pem": rootCertificates[0] ?? "", wrapper: WRAPPER },
};
const PYTHON3 = { runtime: "python3.11", files: { "index.py": PYTHON, wrapper: WRAPPER } };

let world: EnvironmentWorld;
before(async () => {
  world = await openEnvironmentWorld({ tier: "namespaces", pooled: true });
  // There is somebody in the pool who must not get the functions that follow.
  for (const family of [NODEJS, PYTHON3]) {
    await (await start(family, {})).environment.retire();
    await eventually(() => (world.host.waiting(family.runtime) > 0 ? true : undefined), {
      what: "a sandbox to wait",
    });
  }
});
after(() => world.close());

function start(family: typeof NODEJS | typeof PYTHON3, environment: Readonly<Record<string, string>>) {
  return world.start({ ...family, executables: ["wrapper"], memoryMiB: 512, environment });
}

for (const [family, name, value, expected] of [
  [NODEJS, "NODE_OPTIONS", "--no-deprecation", { noDeprecation: true }],
  [NODEJS, "NODE_EXTRA_CA_CERTS", "/var/task/ca.pem", { extraCertificates: 1 }],
  [NODEJS, "UV_THREADPOOL_SIZE", "7", { workers: 7 }],
  [NODEJS, "TZ", "Asia/Tokyo", { hours: 9 }],
  [NODEJS, "LANG", "de_DE.UTF-8", { locale: "de-DE" }],
  [NODEJS, "AWS_LAMBDA_EXEC_WRAPPER", "/var/task/wrapper", { wrapped: "yes" }],
  [PYTHON3, "PYTHONOPTIMIZE", "2", { optimize: 2 }],
  [PYTHON3, "PYTHONWARNINGS", "error", { warnings: ["error"] }],
  [PYTHON3, "PYTHONPATH", "/var/task/mine", { mine: true }],
  [PYTHON3, "TZ", "Asia/Tokyo", { zone: "JST" }],
  [PYTHON3, "AWS_LAMBDA_EXEC_WRAPPER", "/var/task/wrapper", { wrapped: "yes" }],
] as const) {
  test(`${family.runtime}: ${name} takes effect`, async () => {
    const running = await start(family, { [name]: value });
    const { json } = await running.invoke();
    const seen = Object.fromEntries(Object.keys(expected).map((key) => [key, json[key]]));
    assert.deepEqual({ pooled: json.pooled, ...seen }, { pooled: false, ...expected });
    await running.environment.retire();
  });
}

test("python3.11: PYTHONHASHSEED takes effect", async () => {
  const hashes = [];
  for (const seed of ["1", "1", "2"]) {
    const running = await start(PYTHON3, { PYTHONHASHSEED: seed });
    const { json } = await running.invoke();
    assert.equal(json.pooled, false);
    hashes.push(json.hash);
    await running.environment.retire();
  }
  assert.equal(hashes[0], hashes[1]);
  assert.notEqual(hashes[0], hashes[2]);
});

for (const family of [NODEJS, PYTHON3]) {
  test(`${family.runtime}: LD_PRELOAD takes effect`, async () => {
    const running = await start(family, { LD_PRELOAD: "/var/task/absent.so" });
    assert.equal((await running.invoke()).json.pooled, false);
    await eventually(
      () => (running.log().join("").includes("'/var/task/absent.so' from LD_PRELOAD") ? true : undefined),
      { what: "the loader to say that there is no such library" },
    );
    await running.environment.retire();
  });

  test(`${family.runtime}: without any of them the pool serves it`, async () => {
    await eventually(
      async () => {
        const running = await start(family, { TABLE: "t" });
        const { json } = await running.invoke();
        await running.environment.retire();
        return json.pooled === true ? true : undefined;
      },
      { what: "a function to be served from the pool" },
    );
  });
}
