import assert from "node:assert/strict";
import { test } from "node:test";
import { poolLimits } from "../../src/base/index.ts";
import { Demand, roomFor } from "../../src/environments/pool/demand.ts";
import { poolKeyOf } from "../../src/environments/pool/pool-key.ts";
import { RefillPace } from "../../src/environments/pool/refill-pace.ts";
import type { Runtime } from "../../src/runtimes/index.ts";
import { seededRandomness } from "../../testkit/seeded-randomness.ts";

function runtime(overrides: Partial<Runtime> = {}): Runtime {
  return {
    identifier: "python3.11",
    family: "python",
    exact: true,
    runtimeVersion: "python:3.11.v1",
    runtimeVersionArn: () => "arn",
    mounts: [],
    defaultVariables: { PYTHONPATH: "/var/runtime", LD_LIBRARY_PATH: "/var/lang/lib", PATH: "/bin" },
    framedLogs: false,
    connected: false,
    debuggable: false,
    waits: true,
    forks: false,
    command: () => ["/var/lang/bin/python3.11"],
    ...overrides,
  };
}

const SPEC = {
  initialization: "on-demand",
  memoryMiB: 128,
  ephemeralStorageMiB: 512,
  environment: {},
} as const;

function outcome(spec: Partial<Parameters<typeof poolKeyOf>[0]>, of = runtime()): string {
  const key = poolKeyOf({ ...SPEC, ...spec }, of);
  return "fresh" in key ? `fresh: ${key.fresh}` : key.name;
}

for (const [name, value] of [
  ["NODE_OPTIONS", "--trace-warnings"],
  ["NODE_EXTRA_CA_CERTS", "/var/task/ca.pem"],
  ["NODE_PATH", "/opt/mine"],
  ["UV_THREADPOOL_SIZE", "8"],
  ["LD_PRELOAD", "/opt/lib/x.so"],
  ["LD_LIBRARY_PATH", "/opt/lib"],
  ["MALLOC_ARENA_MAX", "2"],
  ["GLIBC_TUNABLES", "glibc.malloc.check=3"],
  ["PYTHONPATH", "/opt/mine"],
  ["PYTHONHASHSEED", "0"],
  ["PYTHONUNBUFFERED", ""],
  ["RUBYOPT", "-w"],
  ["RUBYLIB", "/opt/mine"],
  ["GEM_PATH", "/opt/gems"],
  ["BUNDLE_GEMFILE", "/var/task/Gemfile"],
  ["TZ", "Europe/Berlin"],
  ["LANG", "de_DE.UTF-8"],
  ["LC_ALL", "C"],
  ["HOME", "/tmp"],
  ["OPENSSL_CONF", "/opt/openssl.cnf"],
  ["SSL_CERT_FILE", "/opt/ca.pem"],
  ["AWS_LAMBDA_EXEC_WRAPPER", "/opt/wrapper"],
] as const) {
  test(`a function that sets ${name} starts afresh`, () => {
    assert.equal(outcome({ environment: { [name]: value } }), `fresh: variable ${name}`);
  });
}

test("variables that nothing reads at the start, and those that say what is so anyway, change nothing", () => {
  const environment = {
    NODE_ENV: "production",
    PATH: "/opt/bin",
    TABLE: "t",
    TZ: ":UTC",
    LANG: "en_US.UTF-8",
  };
  assert.equal(outcome({ environment }), "python3.11 512");
});

test("what can't be given to a running sandbox starts afresh", () => {
  assert.equal(outcome({ ephemeralStorageMiB: 513 }), "fresh: ephemeral storage");
  assert.equal(outcome({ initialization: "provisioned-concurrency" }), "fresh: provisioned-concurrency");
  assert.equal(outcome({ initialization: "snap-start" }), "fresh: snap-start");
  assert.match(outcome({}, runtime({ waits: false })), /^fresh: python3.11 does not wait/);
  const inOpt = runtime({ mounts: [{ source: "/opt/python", target: "/opt/python" }] });
  assert.equal(outcome({ layersDirectory: "/layers" }, inOpt), "fresh: layers beside the interpreter");
  assert.equal(outcome({}, inOpt), "python3.11 512");
});

test("interpreters wait under the class of the memory, or the memory itself if they are told it", () => {
  assert.equal(outcome({ memoryMiB: 512 }), "python3.11 512");
  assert.equal(outcome({ memoryMiB: 513 }), "python3.11 1024");
  assert.equal(outcome({ memoryMiB: 10_240 }), "python3.11 10240");
  const told = runtime({ command: ({ memoryMiB }) => ["/node", `--heap=${memoryMiB}`] });
  assert.equal(outcome({ memoryMiB: 130 }, told), "python3.11 130");
});

test("the pool follows demand and is back at its floor, and at nothing, when that fades", () => {
  const demand = new Demand();
  assert.equal(demand.target(0), 0);
  demand.wanted(0);
  assert.equal(demand.target(0), poolLimits.floor + 1);
  for (let n = 0; n < 200; n += 1) demand.wanted(n);
  assert.equal(demand.target(200), poolLimits.mostOfOneKind);
  assert.equal(demand.target(200, true), poolLimits.floor);
  assert.equal(demand.target(200 + 10 * poolLimits.demandFadeMs), poolLimits.floor);
  assert.equal(demand.target(200 + poolLimits.keepMs), 0);
  assert.equal(demand.target(200 + poolLimits.keepMs, true), 0);
});

test("what is made waits for a quiet moment while enough wait, and for nothing once few do", () => {
  const { refillPatienceMs, refillDelayMs, floor } = poolLimits;
  const pace = new RefillPace();
  assert.equal(pace.leftMs(0), 0);
  for (let nowMs = 0; nowMs <= 1_000; nowMs += 20) {
    pace.wanted(floor + 1, floor + 2, nowMs);
    assert.equal(pace.leftMs(nowMs), refillPatienceMs);
  }
  assert.equal(pace.leftMs(1_000 + refillPatienceMs), 0);
  pace.wanted(floor - 1, floor + 2, 1_010);
  assert.equal(pace.leftMs(1_010), refillDelayMs);
  pace.wanted(0, floor + 3, 1_015);
  assert.equal(pace.leftMs(1_015), refillDelayMs - 5);
  for (let nowMs = 1_020; nowMs < 2_000; nowMs += 1) {
    pace.wanted(0, floor + 3, nowMs);
    assert.equal(pace.leftMs(nowMs), 0);
  }
});

test("a burst of one function leaves the floor to the others, whatever comes in between", () => {
  for (let seed = 1; seed <= 50; seed += 1) {
    const randomness = seededRandomness(seed);
    const demand = new Demand();
    let waiting = poolLimits.mostOfOneKind;
    let given = 0;
    for (let nowMs = 0; nowMs < poolLimits.waveMs; nowMs += randomness.uniform() * 10) {
      if (!demand.grants("greedy", waiting, nowMs)) continue;
      waiting -= 1;
      given += 1;
    }
    assert.equal(waiting, poolLimits.floor, `seed ${seed}`);
    assert.equal(given, poolLimits.mostOfOneKind - poolLimits.floor);
    assert.ok(demand.grants("modest", waiting, poolLimits.waveMs - 1));
    assert.ok(!demand.grants("modest", waiting - 1, poolLimits.waveMs - 1));
    assert.ok(demand.grants("greedy", waiting - 1, 3 * poolLimits.waveMs));
    assert.ok(!demand.grants("anybody", 0, 3 * poolLimits.waveMs));
  }
});

test("nothing waits where memory is short, and only a part of what is free is used", () => {
  const totalBytes = 4 * 1024 ** 3;
  assert.equal(roomFor({ totalBytes, availableBytes: totalBytes * poolLimits.pressureShare - 1 }, 10), 0);
  const room = roomFor({ totalBytes, availableBytes: totalBytes / 2 }, 0);
  assert.ok(room * poolLimits.sandboxBytes <= (totalBytes / 2) * poolLimits.memoryShare && room > 0);
  // Its own sandboxes do not drive the pool out.
  const after = roomFor(
    { totalBytes, availableBytes: totalBytes / 2 - room * poolLimits.sandboxBytes },
    room,
  );
  assert.equal(after, room);
});
