import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import {
  GetFunctionConfigurationCommand,
  InvokeCommand,
  LambdaClient,
  paginateListFunctions,
} from "@aws-sdk/client-lambda";
import { eventually } from "../../testkit/eventually.ts";
import { startLambkin } from "../../testkit/lambkin-server.ts";
import { createMany, manyName } from "../../testkit/many-functions.ts";
import { readMetrics } from "../../testkit/prometheus-text.ts";
import type { PartContext } from "../part.ts";

const FUNCTIONS_A_MINUTE = 3_000;
const MOST_FUNCTIONS = 10_000;
/** Functions that are invoked, all at the same time. */
const AT_ONCE = 100;
const EVENTS = 5_000;

/** Many functions, environments of many of them at once, many events, and a restart with all of it. */
export async function manyFunctions({ minutes, say }: Pick<PartContext, "minutes" | "say">): Promise<string> {
  const functions = Math.min(MOST_FUNCTIONS, Math.round(minutes * FUNCTIONS_A_MINUTE));
  const dataDirectory = mkdtempSync(path.join(os.tmpdir(), "lambkin-scale-"));
  try {
    {
      await using server = await startLambkin({ dataDirectory });
      await createMany(server.client, 0, functions);
      say(`${functions} functions are created`);
    }
    const begun = performance.now();
    await using server = await startLambkin({ dataDirectory });
    const restartMs = performance.now() - begun;
    const lambda = new LambdaClient(server.client);
    const listed = new Set<string>();
    for await (const page of paginateListFunctions({ client: lambda }, {}))
      for (const { FunctionName = "" } of page.Functions ?? []) listed.add(FunctionName);
    assert.equal(listed.size, functions);
    const last = manyName(functions - 1);
    const { Environment } = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName: last }));
    assert.equal(Environment?.Variables?.["NAME"], last);
    say("all of them are listed after a restart");

    const stride = Math.max(1, Math.floor(functions / AT_ONCE));
    const chosen = Array.from({ length: AT_ONCE }, (_, n) => manyName(Math.min(n * stride, functions - 1)));
    await Promise.all(
      chosen.map(async (FunctionName) => {
        const payload = JSON.stringify({ FunctionName });
        const { Payload } = await lambda.send(new InvokeCommand({ FunctionName, Payload: payload }));
        assert.equal(Buffer.from(Payload ?? []).toString(), payload);
      }),
    );
    say(`${AT_ONCE} functions answered at once`);

    await Promise.all(
      chosen.map(async (FunctionName) => {
        for (let n = 0; n < EVENTS / AT_ONCE; n += 1)
          await lambda.send(new InvokeCommand({ FunctionName, InvocationType: "Event", Payload: "{}" }));
      }),
    );
    await eventually(
      async () => {
        const text = await (await fetch(`${server.endpoint}/_lambkin/metrics`)).text();
        return readMetrics(text).value("lambkin_queued_events") === 0 ? true : undefined;
      },
      { what: "the queue is empty", withinMs: 300_000 },
    );
    lambda.destroy();
    return `${functions} functions kept over a restart (ready after ${restartMs.toFixed(0)} ms), ${AT_ONCE} environments at once, ${EVENTS} queued events run`;
  } finally {
    rmSync(dataDirectory, { recursive: true, force: true });
  }
}
