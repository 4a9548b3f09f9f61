import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { CreateFunctionCommand, LambdaClient, type Runtime } from "@aws-sdk/client-lambda";
import { deploymentPackage } from "../testkit/deployment-package.ts";
import { eventually } from "../testkit/eventually.ts";
import { type LambkinServer, startLambkin } from "../testkit/lambkin-server.ts";
import { type Bench, type Figure, percentile } from "./figure.ts";
import { postForAnswer } from "./signed-request.ts";

const FUNCTIONS = 200;
/** Calls under way of a warm function meanwhile. */
const LOAD = 2;
const BURST = 200;
/** Idle environments whose memory is looked at, after they had time to settle. */
const IDLE = 30;
const SETTLE_MS = 5_000;

interface Family {
  readonly runtime: string;
  /** Measures the function's own init: what its own code takes to load. */
  readonly files: Readonly<Record<string, string>>;
  /** The interpreter with nothing to do. */
  readonly bare: readonly [string, ...string[]];
}

const NODE = `
const begun = process.hrtime.bigint();
const { createHash } = require("node:crypto");
const digest = createHash("sha256").update(require("node:fs").readFileSync(__filename)).digest("hex");
const pooled = require("node:fs").readFileSync("/proc/self/environ", "utf8").includes("_LAMBKIN_WAIT");
const id = require("node:crypto").randomUUID();
let served = 0;
const initMs = Number(process.hrtime.bigint() - begun) / 1e6;
exports.handler = async (event) => {
  if (event.waitMs) await new Promise((resolve) => setTimeout(resolve, event.waitMs));
  return { initMs, digest, pooled, id, served: ++served };
};`;

const PYTHON = `
import time
begun = time.perf_counter()
import hashlib, uuid
with open(__file__, "rb") as file:
    digest = hashlib.sha256(file.read()).hexdigest()
with open("/proc/self/environ") as file:
    pooled = "_LAMBKIN_WAIT" in file.read()
id, served = str(uuid.uuid4()), 0
init_ms = (time.perf_counter() - begun) * 1000
def handler(event, context):
    global served
    served += 1
    time.sleep(event.get("waitMs", 0) / 1000)
    return {"initMs": init_ms, "digest": digest, "pooled": pooled, "id": id, "served": served}
`;

const FAMILIES: readonly Family[] = [
  {
    runtime: "nodejs24.x",
    files: { "index.js": NODE },
    bare: [process.execPath, "-e", "setInterval(() => {}, 1e6)"],
  },
  {
    runtime: "python3.11",
    files: { "index.py": PYTHON },
    bare: ["python3", "-c", "import time; time.sleep(1e6)"],
  },
];

interface Answer {
  readonly initMs: number;
  readonly pooled: boolean;
  readonly id: string;
  readonly served: number;
}

/** The first invocation of functions that nobody invoked before, from the pool, against the same without it. */
export const pool: Bench = {
  name: "pool",
  conditions: `${FUNCTIONS} functions of distinct code a runtime, 1,769 MB, each invoked once through the public API when the pool has somebody waiting, at a server with the default pool and, in turns, at one without; times are those beyond the function's own init, measured inside; loaded is with ${LOAD} calls under way of a warm function; then ${BURST} calls at once of one function; then the memory of ${IDLE} idle environments and what waits beside them`,
  async run() {
    const figures: Figure[] = [];
    await using pooled = await startLambkin();
    await using fresh = await startLambkin({ args: ["--pool", "off"] });
    for (const family of FAMILIES) {
      figures.push(...(await firstInvocations(pooled, fresh, family, "idle")));
      const stop = await underLoad([pooled, fresh], family);
      figures.push(...(await firstInvocations(pooled, fresh, family, "loaded")));
      await stop();
    }
    for (const family of FAMILIES) figures.push(await burst(pooled, family));
    for (const family of FAMILIES) figures.push(await idleMemory(family));
    return figures;
  },
};

async function firstInvocations(
  pooled: LambkinServer,
  fresh: LambkinServer,
  family: Family,
  label: string,
): Promise<Figure[]> {
  const half = FUNCTIONS / 2;
  const names = Array.from({ length: half }, (_, n) => `${label}-${nameOf(family)}-${n}`);
  for (const server of [pooled, fresh]) await create(server, family, names);
  const beyondMs = { pooled: [] as number[], fresh: [] as number[] };
  let missed = 0;
  for (const name of names) {
    beyondMs.fresh.push((await firstInvocation(fresh, name)).beyondMs);
    await someWait(pooled);
    const answer = await firstInvocation(pooled, name);
    beyondMs.pooled.push(answer.beyondMs);
    if (!answer.pooled) missed += 1;
  }
  const shares = [
    ["p50", 0.5],
    ["p99", 0.99],
  ] as const;
  return [
    ...shares.map(([percent, share]) => ({
      name: `${family.runtime}, beyond its own init, ${label}, ${percent}`,
      unit: "ms" as const,
      value: percentile(beyondMs.pooled, share),
      baseline: { name: `without a pool, ${percent}`, value: percentile(beyondMs.fresh, share) },
    })),
    {
      name: `${family.runtime}, ${label}, started afresh all the same`,
      unit: "of",
      value: missed,
      baseline: { name: "functions", value: names.length },
    },
  ];
}

function nameOf({ runtime }: Family): string {
  return runtime.replace(/\W/g, "-");
}

async function create(server: LambkinServer, { runtime, files }: Family, names: readonly string[]) {
  const lambda = new LambdaClient(server.client);
  for (const name of names) {
    const own = Object.entries(files).map(([file, source]) => [
      file,
      `${source}\n${file.endsWith(".py") ? "#" : "//"} ${name}\n`,
    ]);
    await lambda.send(
      new CreateFunctionCommand({
        FunctionName: name,
        Runtime: runtime as Runtime,
        Handler: "index.handler",
        MemorySize: 1769,
        Role: "arn:aws:iam::000000000000:role/any",
        Code: { ZipFile: await deploymentPackage(Object.fromEntries(own)) },
      }),
    );
  }
  lambda.destroy();
}

async function invoke(server: LambkinServer, name: string, event: object = {}): Promise<Answer | undefined> {
  const path = `/2015-03-31/functions/${name}/invocations`;
  const { status, text } = await postForAnswer(server.endpoint, path, JSON.stringify(event));
  return status === 200 ? (JSON.parse(text) as Answer) : undefined;
}

/** The first call that is not refused as Pending is the first one. */
function firstInvocation(
  server: LambkinServer,
  name: string,
): Promise<Answer & { readonly beyondMs: number }> {
  return eventually(
    async () => {
      const begun = performance.now();
      const answer = await invoke(server, name);
      return answer && { ...answer, beyondMs: performance.now() - begun - answer.initMs };
    },
    { what: `${name} to answer` },
  );
}

function someWait({ endpoint }: LambkinServer): Promise<true> {
  return eventually(
    async () => {
      const { pool: now } = (await (await fetch(`${endpoint}/_lambkin/health`)).json()) as {
        pool: { waiting: number };
      };
      return now.waiting > 0 ? true : undefined;
    },
    { what: "the pool to have somebody" },
  );
}

/** Keeps one function of each server busy until the result is called. */
async function underLoad(servers: readonly LambkinServer[], family: Family): Promise<() => Promise<void>> {
  const stop = new AbortController();
  const name = `warm-${nameOf(family)}`;
  for (const server of servers) await create(server, family, [name]);
  for (const server of servers) await firstInvocation(server, name);
  const lines = servers.flatMap((server) =>
    Array.from({ length: LOAD / servers.length }, async () => {
      while (!stop.signal.aborted) await invoke(server, name);
    }),
  );
  return async () => {
    stop.abort();
    await Promise.all(lines);
  };
}

/** Calls that come at once; each environment serves the calls that it was made for and none is made twice. */
async function burst(server: LambkinServer, family: Family): Promise<Figure> {
  const name = `burst-${nameOf(family)}`;
  await create(server, family, [name]);
  await eventually(async () => ((await invoke(server, name)) === undefined ? undefined : true), {
    what: `${name} to answer`,
  });
  const answers = await Promise.all(
    Array.from({ length: BURST }, () => invoke(server, name, { waitMs: 200 })),
  );
  const served = answers.filter((answer) => answer !== undefined);
  if (served.length < BURST) throw new Error(`${BURST - served.length} calls of a burst were refused`);
  return {
    name: `${family.runtime}, a burst's environments`,
    unit: "of",
    value: new Set(served.map(({ id }) => id)).size,
    baseline: { name: "calls, all of them served", value: BURST },
  };
}

/** Proportional set size of all processes of an idle environment, against the bare interpreter that sleeps. */
async function idleMemory(family: Family): Promise<Figure> {
  const [program, ...sleep] = family.bare;
  const bare = Array.from({ length: IDLE }, () => spawn(program, sleep, { stdio: "ignore" }));
  await using server = await startLambkin();
  const names = Array.from({ length: IDLE }, (_, n) => `idle-${nameOf(family)}-${n}`);
  await create(server, family, names);
  try {
    for (const name of names) await firstInvocation(server, name);
    await setTimeout(SETTLE_MS);
    const processes = descendants(server.pid);
    const runtimes = processes.filter(({ command }) => command.includes("/var/runtime/bootstrap."));
    const sum = (pids: readonly (number | undefined)[]) =>
      pids.reduce((total: number, pid) => total + (pid === undefined ? 0 : proportionalMiB(pid)), 0);
    return {
      name: `${family.runtime}, an idle environment`,
      unit: "MiB",
      value: sum(processes.map(({ pid }) => pid)) / runtimes.length,
      baseline: { name: "the bare interpreter", value: sum(bare.map(({ pid }) => pid)) / bare.length },
    };
  } finally {
    for (const child of bare) child.kill("SIGKILL");
  }
}

function descendants(root: number): { readonly pid: number; readonly command: string }[] {
  const found: { readonly pid: number; readonly command: string }[] = [];
  const visit = (pid: number): void => {
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      const children = readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8").trim();
      for (const child of children === "" ? [] : children.split(" ").map(Number)) {
        const command = readFileSync(`/proc/${child}/cmdline`, "utf8").replaceAll("\0", " ").trim();
        found.push({ pid: child, command });
        visit(child);
      }
    }
  };
  visit(root);
  return found;
}

function proportionalMiB(pid: number): number {
  const [, kib] = /^Pss: *(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8")) ?? [];
  return Number(kib) / 1_024;
}
