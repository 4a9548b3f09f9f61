import { setTimeout } from "node:timers/promises";
import { eventually } from "../testkit/eventually.ts";
import { type LambkinServer, startLambkin } from "../testkit/lambkin-server.ts";
import { type Bench, type Figure, percentile } from "./figure.ts";
import { atRest, createFunctions, firstInvocation, invoke, someWait } from "./pool-calls.ts";
import { type PooledFamily, pooledFamilies } from "./pool-functions.ts";
import { IDLE, idleMemory } from "./pool-memory.ts";

/** Calls of either of three kinds; a fifth of as many are enough to know the server without a pool by. */
const FUNCTIONS = { idle: 100, "in a row": 50, loaded: 50 } as const;
const FRESH_SHARE = 0.2;
/** Calls a second of a warm function of each server meanwhile. */
const LOAD_PER_SECOND = 100;
const BURST = 200;

const STAGES = [
  ["received", "the request came in, before the start"],
  ["checked", "the request was found good"],
  ["taken", "it was admitted and a sandbox chosen"],
  ["opened", "it has limits, code and layers"],
  ["prepared", "what is to run is known"],
  ["begun", "the runtime was told"],
  ["ready", "the function was loaded"],
  ["dispatched", "it was given the event"],
  ["posted", "it answered"],
  ["answered", "the answer left the environment"],
] as const;

/** The first invocation of functions that nobody invoked before, from the pool, against the same without it. */
export const pool: Bench = {
  name: "pool",
  conditions: `functions of distinct code, 1,769 MB, each invoked once through the public API at a server with the default pool: ${FUNCTIONS.idle} a runtime when the pool is full and at rest (idle), ${FUNCTIONS["in a row"]} as soon as the pool has somebody, while it makes others, and ${FUNCTIONS.loaded} so under load; in turns, others at a server without a pool; "beyond" is what a call took beyond the function's own init, measured inside; load is ${LOAD_PER_SECOND} calls a second of a warm function at each server; stages are medians, told by the server's log; then ${BURST} calls at once of one function; then the memory of ${IDLE} idle environments and what waits beside them`,
  async run() {
    const figures: Figure[] = [];
    const families = await pooledFamilies();
    for (const family of families) {
      await using pooled = await startLambkin({ args: ["--log-level", "debug", "--log-format", "json"] });
      await using fresh = await startLambkin({ args: ["--pool", "off"] });
      figures.push(...(await firstInvocations(pooled, fresh, family, "idle")));
      figures.push(...(await firstInvocations(pooled, fresh, family, "in a row")));
      const stop = await underLoad([pooled, fresh], family);
      figures.push(...(await firstInvocations(pooled, fresh, family, "loaded")));
      await stop();
      figures.push(await burst(pooled, family));
    }
    for (const family of families) figures.push(...(await idleMemory(family)));
    return figures;
  },
};

async function firstInvocations(
  pooled: LambkinServer,
  fresh: LambkinServer,
  family: PooledFamily,
  label: keyof typeof FUNCTIONS,
): Promise<Figure[]> {
  const names = Array.from({ length: FUNCTIONS[label] }, (_, n) => `${label.replaceAll(" ", "-")}-${n}`);
  const compared = names.slice(0, names.length * FRESH_SHARE);
  await createFunctions(pooled, family, names);
  await createFunctions(fresh, family, compared);
  const beyondMs = { pooled: [] as number[], fresh: [] as number[] };
  const wholeMs: number[] = [];
  for (const name of names) {
    if (compared.includes(name)) {
      const { initMs, wholeMs: took } = await firstInvocation(fresh, name);
      beyondMs.fresh.push(took - initMs);
    }
    await (label === "idle" ? atRest(pooled) : someWait(pooled));
    const { initMs, wholeMs: took } = await firstInvocation(pooled, name);
    beyondMs.pooled.push(took - initMs);
    wholeMs.push(took);
  }
  const warmMs = await warmCalls(pooled, names);
  const starts = await startsOf(pooled, names);
  const inServer = starts.map(
    ({ stagesMs }) => (stagesMs["answered"] ?? Number.NaN) - (stagesMs["received"] ?? Number.NaN),
  );
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
      name: `${family.runtime}, ${label}, not from what waited`,
      unit: "of",
      value: starts.filter(({ from }) => from !== family.waits).length,
      baseline: { name: "functions", value: names.length },
    },
    {
      name: `${family.runtime}, ${label}, from the request's coming in to the answer's leaving the environment`,
      unit: "ms",
      value: percentile(inServer, 0.5),
      baseline: { name: "request to answer, p50", value: percentile(wholeMs, 0.5) },
    },
    {
      name: `${family.runtime}, ${label}, the same client's second call of each function`,
      unit: "ms",
      value: percentile(warmMs, 0.5),
      baseline: { name: "request to answer of the first, p50", value: percentile(wholeMs, 0.5) },
    },
    ...stagesOf(starts).map(([stage, ms]) => ({
      name: `${family.runtime}, ${label}, until ${stage}`,
      unit: "ms" as const,
      value: ms,
      baseline: { name: "request to answer, p50", value: percentile(wholeMs, 0.5) },
    })),
  ];
}

interface Start {
  readonly function: string;
  readonly from: string;
  readonly stagesMs: Readonly<Record<string, number>>;
}

/** What the server's log tells of the environments of these functions. */
function startsOf(server: LambkinServer, names: readonly string[]): Promise<readonly Start[]> {
  const wanted = new Set(names);
  return eventually(
    () => {
      const lines = server.errorOutput().split("\n");
      const starts = lines
        .filter((line) => line.includes('"environment started"') && line.endsWith("}"))
        .map((line) => JSON.parse(line) as Start)
        .filter(({ function: arn }) => wanted.has(arn.split(":").at(-1) ?? ""));
      return starts.length < names.length ? undefined : starts;
    },
    { what: "the log to tell of every start" },
  );
}

/** What a call costs this client where nothing has to be started. */
async function warmCalls(server: LambkinServer, names: readonly string[]): Promise<number[]> {
  const tookMs: number[] = [];
  for (const name of names) {
    const begun = performance.now();
    await invoke(server, name);
    tookMs.push(performance.now() - begun);
  }
  return tookMs;
}

/** How long each stage took after the one before it; the first, how long before the start. */
function stagesOf(starts: readonly Start[]): [stage: string, ms: number][] {
  return STAGES.map(([stage, meaning], n) => {
    const before = STAGES[n - 1]?.[0];
    const took = starts.map(
      ({ stagesMs }) =>
        (stagesMs[stage] ?? Number.NaN) - (before === undefined ? 0 : (stagesMs[before] ?? 0)),
    );
    return [meaning, percentile(took, 0.5)];
  });
}

/** Calls one function of each server at a steady rate until the result is called. */
async function underLoad(
  servers: readonly LambkinServer[],
  family: PooledFamily,
): Promise<() => Promise<void>> {
  const stop = new AbortController();
  for (const server of servers) await createFunctions(server, family, ["warm"]);
  for (const server of servers) await firstInvocation(server, "warm");
  const lines = servers.map(async (server) => {
    const begun = performance.now();
    for (let sent = 0; !stop.signal.aborted; sent += 1) {
      const early = begun + (sent * 1_000) / LOAD_PER_SECOND - performance.now();
      if (early > 0) await setTimeout(early);
      await invoke(server, "warm");
    }
  });
  return async () => {
    stop.abort();
    await Promise.all(lines);
  };
}

/** Calls that come at once; each environment serves the calls that it was made for and none is made twice. */
async function burst(server: LambkinServer, family: PooledFamily): Promise<Figure> {
  await createFunctions(server, family, ["burst"]);
  await firstInvocation(server, "burst");
  const answers = await Promise.all(
    Array.from({ length: BURST }, () => invoke(server, "burst", { waitMs: 200 })),
  );
  const served = answers.filter((answer) => answer !== undefined);
  if (served.length < BURST) throw new Error(`${BURST - served.length} calls of a burst were refused`);
  const turns = new Set(served.map(({ id, served: turn }) => `${id} ${turn}`));
  if (turns.size < BURST)
    throw new Error(`${BURST - turns.size} calls of a burst had an answer of another's`);
  return {
    name: `${family.runtime}, a burst's environments`,
    unit: "of",
    value: new Set(served.map(({ id }) => id)).size,
    baseline: { name: "calls, all of them served", value: BURST },
  };
}
