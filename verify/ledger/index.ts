import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import {
  CreateFunctionCommand,
  LambdaClient,
  PutFunctionEventInvokeConfigCommand,
  waitUntilFunctionActiveV2,
} from "@aws-sdk/client-lambda";
import { deploymentPackage } from "../../testkit/deployment-package.ts";
import { eventually } from "../../testkit/eventually.ts";
import { type LambkinServer, lambkin, startLambkin } from "../../testkit/lambkin-server.ts";
import { readMetrics } from "../../testkit/prometheus-text.ts";
import type { Part } from "../part.ts";
import { compare } from "./compare.ts";
import { KINDS, sourceOf } from "./functions.ts";
import { LedgerLoad } from "./load.ts";

const INVOCATIONS_A_MINUTE = 10_000;
const MOST_INVOCATIONS = 100_000;
const KILLS = 3;
/** An event in the hands of a server that is killed is delivered again after its redelivery time. */
const SETTLED_WITHIN_MS = 900_000;
/** Functions run as plain processes: only so can they write to a file that is no business of the server's. */
const ARGS = ["--isolation", "process"];

export const ledger: Part = {
  name: "ledger",
  what: "the usage ledger against what handlers write to a file of their own, over kills of the server",
  minutes: 10,
  async run({ minutes, kills = KILLS, say }) {
    const invocations = Math.min(MOST_INVOCATIONS, Math.round(minutes * INVOCATIONS_A_MINUTE));
    const folder = mkdtempSync(path.join(os.tmpdir(), "lambkin-ledger-"));
    const dataDirectory = path.join(folder, "data");
    const sink = path.join(folder, "sink");
    writeFileSync(sink, "");
    // Functions run as users of their own.
    chmodSync(folder, 0o755);
    chmodSync(sink, 0o666);
    const gone: { from: number; to: number }[] = [];
    let server = await startLambkin({ dataDirectory, args: ARGS });
    try {
      await createFunctions(server, sink);
      const load = new LedgerLoad(invocations);
      load.serverIs(server.endpoint);
      const running = load.run();
      running.catch(() => undefined);
      for (let kill = 1; kill <= kills; kill += 1) {
        const after = Math.floor((invocations * kill) / (kills + 1));
        await Promise.race([
          running,
          eventually(() => (load.done >= after ? true : undefined), {
            what: `${after} calls`,
            withinMs: 3_600_000,
          }),
        ]);
        const from = Date.now();
        load.serverIsGone();
        await server.end("SIGKILL");
        gone.push({ from, to: Date.now() });
        say(`killed after ${load.done} calls`);
        server = await startLambkin({ dataDirectory, args: ARGS });
        load.serverIs(server.endpoint);
      }
      await running;
      await settled(server);
      const reported = await lambkin("usage", "--json", "--by", "function", "--endpoint", server.endpoint);
      assert.equal(await server.end("SIGTERM"), 0, server.errorOutput());
      const found = compare({ sink, dataDirectory, heard: load.heard, kills: gone });
      checkReport(reported.stdout, found);
      const { answered, accepted, unanswered } = load.heard;
      return (
        `${found.starts} handler starts, ${found.answered} of them answered; ${found.records} records; ${found.cutOff} starts without one, each the last of a process that one of ${kills} kills ended; ${found.repeated} of events that ran again although they had their record; ` +
        `${found.neverBegan} records without a start, out of time while a runtime started anew; ` +
        `${answered.size} calls answered and ${accepted.size} events accepted, each with its one record; ${unanswered} calls without an answer; ${found.amendments} records amended after an early answer; the report's sums equal the records'`
      );
    } catch (error) {
      const { message } = error as Error;
      throw new Error(`${message}\nthe server said: ${server.errorOutput()}`, { cause: error });
    } finally {
      await server.end("SIGKILL");
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

async function createFunctions({ client }: LambkinServer, sink: string): Promise<void> {
  const lambda = new LambdaClient(client);
  const ZipFile = await deploymentPackage({ "index.js": sourceOf(sink) });
  for (const { functionName: FunctionName, handler, timeoutSeconds, how } of KINDS) {
    await lambda.send(
      new CreateFunctionCommand({
        FunctionName,
        Runtime: "nodejs24.x",
        Handler: handler,
        Role: "arn:aws:iam::000000000000:role/any",
        Code: { ZipFile },
        MemorySize: 512,
        Timeout: timeoutSeconds,
      }),
    );
    await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 60 }, { FunctionName });
    if (how === "event")
      await lambda.send(new PutFunctionEventInvokeConfigCommand({ FunctionName, MaximumRetryAttempts: 0 }));
  }
  lambda.destroy();
}

/** Nothing runs and nothing waits. */
async function settled({ endpoint }: LambkinServer): Promise<void> {
  await eventually(
    async () => {
      const metrics = readMetrics(await (await fetch(`${endpoint}/_lambkin/metrics`)).text());
      const of = (name: string): number => metrics.value(name) ?? Number.NaN;
      const busy = of("lambkin_queued_events") + of("lambkin_invocations_in_flight");
      return busy === 0 ? true : undefined;
    },
    { what: "all events", withinMs: SETTLED_WITHIN_MS },
  );
}

function checkReport(text: string, found: ReturnType<typeof compare>): void {
  const report = JSON.parse(text) as {
    readonly rows: readonly { readonly group: { readonly function: string }; readonly requests: number }[];
    readonly total: { readonly requests: number; readonly billedMs: number };
  };
  const reported = Object.fromEntries(report.rows.map(({ group, requests }) => [group.function, requests]));
  assert.deepEqual(reported, { ...found.byFunction });
  assert.equal(report.total.requests, found.records);
  assert.equal(report.total.billedMs, found.billedMs);
}
