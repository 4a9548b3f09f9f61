import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { setTimeout } from "node:timers/promises";
import { buildGvisor } from "../scripts/setup/gvisor.ts";
import { silentLog, systemClock, systemRandomness } from "../src/base/index.ts";
import {
  createEnvironmentHost,
  type Environment,
  type EnvironmentSpec,
  openSandboxTier,
  StartBudget,
  startsOfThisMachine,
} from "../src/environments/index.ts";
import { findRuntimes } from "../src/runtimes/index.ts";
import { type Bench, type Figure, percentile } from "./figure.ts";
import { sandboxesMiB } from "./process-memory.ts";

const COLD_STARTS = 12;
const WARM_CALLS = 300;
const THAWED_CALLS = 30;
/** Environments that share what they can, to tell what each takes. */
const IDLE = 4;
const SETTLE_MS = 2_000;
const FREEZE_LOOK_MS = 20;
const RUNTIMES = [
  ["nodejs24.x", "index.mjs", "export const handler = async () => null;\n"],
  ["python3.11", "index.py", "def handler(event, context):\n    return None\n"],
] as const;
const TIERS = ["gvisor", "namespaces"] as const;

interface Times {
  readonly cold: number[];
  readonly warm: number[];
  readonly thawed: number[];
}

/** What gVisor costs, beside namespaces alone. */
export const gvisor: Bench = {
  name: "gvisor",
  conditions: `${COLD_STARTS} cold starts in turn (sandbox, runtime, first answer; nothing pooled), ${WARM_CALLS} warm calls of a handler that does nothing and ${THAWED_CALLS} of a frozen one, 512 MB; memory as PSS of all processes of ${IDLE} idle environments. Baseline: the same in the tier of namespaces`,
  async run() {
    const cache = path.join(import.meta.dirname, "..", "node_modules", ".cache", "lambkin");
    const runsc = path.join(await buildGvisor(cache), "runsc");
    const directory = await mkdtemp(path.join(os.tmpdir(), "lambkin-bench-gvisor-"));
    // Sandboxed users have to get through.
    await chmod(directory, 0o755);
    try {
      const figures: Figure[] = [];
      for (const [runtime, file, code] of RUNTIMES) {
        const codeDirectory = await mkdtemp(path.join(directory, "code-"));
        await chmod(codeDirectory, 0o755);
        await writeFile(path.join(codeDirectory, file), code);
        const worlds = await Promise.all(TIERS.map((tier) => openWorld(tier, { directory, runsc })));
        try {
          const spec = specOf({ runtime, codeDirectory });
          const [ours, bare] = await measureInTurn(worlds, spec);
          const [ourMiB, bareMiB] = [await idleMiB(worlds[0], spec), await idleMiB(worlds[1], spec)];
          if (ours === undefined || bare === undefined) throw new Error("two tiers were measured");
          figures.push(
            figure(`${runtime}, cold start, p50`, percentile(ours.cold, 0.5), percentile(bare.cold, 0.5)),
            figure(`${runtime}, warm call, p50`, percentile(ours.warm, 0.5), percentile(bare.warm, 0.5)),
            figure(
              `${runtime}, call of a frozen one, p50`,
              percentile(ours.thawed, 0.5),
              percentile(bare.thawed, 0.5),
            ),
            { ...figure(`${runtime}, an idle environment`, ourMiB, bareMiB), unit: "MiB" },
          );
        } finally {
          for (const world of worlds) await world.close();
        }
      }
      return figures;
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  },
};

function figure(name: string, value: number, namespaces: number): Figure {
  return { name, unit: "ms", value, baseline: { name: "namespaces", value: namespaces } };
}

/** What else the machine does meets both. */
async function measureInTurn(worlds: readonly World[], spec: EnvironmentSpec): Promise<Times[]> {
  const times = worlds.map((): Times => ({ cold: [], warm: [], thawed: [] }));
  let kept: Waiting[] = [];
  for (let n = 0; n < COLD_STARTS; n += 1) {
    await Promise.all(kept.map(({ environment }) => environment.retire()));
    kept = [];
    for (const [index, world] of worlds.entries()) {
      const begun = performance.now();
      const waiting = await world.start(spec);
      await call(waiting.environment);
      times[index]?.cold.push(performance.now() - begun);
      kept.push(waiting);
    }
  }
  for (let n = 0; n < WARM_CALLS; n += 1)
    for (const [index, waiting] of kept.entries()) {
      await waiting.idle();
      const begun = performance.now();
      await call(waiting.environment);
      times[index]?.warm.push(performance.now() - begun);
    }
  for (let n = 0; n < THAWED_CALLS; n += 1)
    for (const [index, waiting] of kept.entries()) {
      await waiting.idle();
      while (waiting.environment.state !== "frozen") await setTimeout(FREEZE_LOOK_MS);
      const begun = performance.now();
      await call(waiting.environment);
      times[index]?.thawed.push(performance.now() - begun);
    }
  return times;
}

/** What one of several idle environments takes. */
async function idleMiB(world: World | undefined, spec: EnvironmentSpec): Promise<number> {
  if (world === undefined) throw new Error("two tiers were measured");
  const before = sandboxesMiB();
  const kept = await Promise.all(Array.from({ length: IDLE }, () => world.start(spec)));
  for (const { environment } of kept) await call(environment);
  await setTimeout(SETTLE_MS);
  const each = (sandboxesMiB() - before) / IDLE;
  await Promise.all(kept.map(({ environment }) => environment.retire()));
  return each;
}

interface Waiting {
  readonly environment: Environment;
  /** Resolves when it can take a call. */
  idle(): Promise<void>;
}

interface World {
  start(spec: EnvironmentSpec): Promise<Waiting>;
  close(): Promise<void>;
}

async function openWorld(
  prefer: (typeof TIERS)[number],
  { directory, runsc }: { readonly directory: string; readonly runsc: string },
): Promise<World> {
  const tier = await openSandboxTier({
    cacheDirectory: path.join(os.tmpdir(), "lambkin-bench-cache"),
    stateDirectory: path.join(directory, prefer),
    endpointPort: 4566,
    egress: false,
    clock: systemClock,
    log: silentLog,
    prefer,
    runsc,
  });
  const host = createEnvironmentHost({
    tier,
    starts: new StartBudget(startsOfThisMachine(), systemClock),
    runtimes: await findRuntimes(),
    credentials: () => ({
      accessKeyId: "ASIABENCH",
      secretAccessKey: "secret",
      sessionToken: "token",
      expiration: Date.now() + 3_600_000,
    }),
    logs: { append: () => undefined },
    onEndpoint: (socket) => socket.destroy(),
    clock: systemClock,
    randomness: systemRandomness,
    log: silentLog,
  });
  return {
    async start(spec) {
      let next = Promise.withResolvers<void>();
      const environment = host.assign(spec, {
        onIdle: () => next.resolve(),
        onGone: (_gone, error) => next.reject(error ?? new Error("the environment is gone")),
      });
      const idle = async () => {
        if (!environment.idle) await next.promise;
        next = Promise.withResolvers();
        next.promise.catch(() => undefined);
      };
      await idle();
      return { environment, idle };
    },
    async close() {
      await host.drain();
      await tier.close();
    },
  };
}

async function call(environment: Environment): Promise<void> {
  const { status } = await environment.dispatch({
    requestId: crypto.randomUUID(),
    payload: Buffer.from("{}"),
    invokedFunctionArn: "arn:aws:lambda:us-east-1:000000000000:function:bench",
    traceId: "Root=1-5e1b4151-5ac6c58f3f5f0a1f1e1d1c1b;Parent=53995c3f42cd8ad8;Sampled=0",
    wantsLogTail: false,
  });
  if (status !== "success") throw new Error(`the handler answered with ${status}`);
}

function specOf({
  runtime,
  codeDirectory,
}: {
  readonly runtime: string;
  readonly codeDirectory: string;
}): EnvironmentSpec {
  return {
    key: `${runtime} bench`,
    initialization: "on-demand",
    account: "000000000000",
    region: "us-east-1",
    functionName: "bench",
    functionArn: "arn:aws:lambda:us-east-1:000000000000:function:bench",
    version: "$LATEST",
    runtime,
    handler: "index.handler",
    architecture: "x86_64",
    memoryMiB: 512,
    timeoutMs: 30_000,
    ephemeralStorageMiB: 512,
    environment: {},
    codeDirectory,
    roleArn: "arn:aws:iam::000000000000:role/bench",
    roleId: "AROABENCH",
    logGroup: "/aws/lambda/bench",
  };
}
