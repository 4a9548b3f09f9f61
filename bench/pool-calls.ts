import { setTimeout } from "node:timers/promises";
import { CreateFunctionCommand, LambdaClient, type Runtime } from "@aws-sdk/client-lambda";
import { deploymentPackage } from "../testkit/deployment-package.ts";
import { eventually } from "../testkit/eventually.ts";
import type { LambkinServer } from "../testkit/lambkin-server.ts";
import { type PooledFamily, packageOf } from "./pool-functions.ts";
import { postForAnswer } from "./signed-request.ts";

export interface Answer {
  readonly initMs: number;
  readonly id: string;
  readonly served: number;
}

export async function createFunctions(
  server: LambkinServer,
  family: PooledFamily,
  names: readonly string[],
): Promise<void> {
  const lambda = new LambdaClient(server.client);
  for (const name of names) {
    await lambda.send(
      new CreateFunctionCommand({
        FunctionName: name,
        Runtime: family.runtime as Runtime,
        Handler: family.handler,
        MemorySize: 1769,
        Timeout: 60,
        Role: "arn:aws:iam::000000000000:role/any",
        Code: { ZipFile: await deploymentPackage(packageOf(family, name)) },
      }),
    );
  }
  lambda.destroy();
}

export async function invoke(
  server: LambkinServer,
  name: string,
  event: object = {},
): Promise<Answer | undefined> {
  const path = `/2015-03-31/functions/${name}/invocations`;
  const { status, text } = await postForAnswer(server.endpoint, path, JSON.stringify(event));
  return status === 200 ? (JSON.parse(text) as Answer) : undefined;
}

/** The first call that is not refused as Pending is the first one. */
export function firstInvocation(
  server: LambkinServer,
  name: string,
): Promise<Answer & { readonly wholeMs: number }> {
  return eventually(
    async () => {
      const begun = performance.now();
      const answer = await invoke(server, name);
      return answer && { ...answer, wholeMs: performance.now() - begun };
    },
    { what: `${name} to answer` },
  );
}

/** Resolves when a sandbox waits for a function of the runtime. */
export function someWait(server: LambkinServer): Promise<true> {
  return eventually(async () => ((await waitingIn(server)) > 0 ? true : undefined), {
    what: "the pool to have somebody",
  });
}

const REST_MS = 200;
const LOOK_MS = 10;

/** Resolves when as many wait as are to, so that none is being made. */
export async function atRest(server: LambkinServer): Promise<void> {
  await someWait(server);
  let waiting = 0;
  for (let sinceMs = performance.now(); performance.now() - sinceMs < REST_MS; await setTimeout(LOOK_MS)) {
    const now = await waitingIn(server);
    if (now !== waiting) sinceMs = performance.now();
    waiting = now;
  }
}

async function waitingIn({ endpoint }: LambkinServer): Promise<number> {
  const { pool } = (await (await fetch(`${endpoint}/_lambkin/health`)).json()) as {
    pool: { waiting: number };
  };
  return pool.waiting;
}
