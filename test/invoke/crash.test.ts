import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import {
  CreateFunctionCommand,
  InvokeCommand,
  LambdaClient,
  waitUntilFunctionActiveV2,
} from "@aws-sdk/client-lambda";
import { eventually } from "../../testkit/eventually.ts";
import { startLambkin } from "../../testkit/lambkin-server.ts";
import { zipOf } from "../../testkit/zip-writer.ts";

const SOURCE = "exports.handler = () => new Promise((resolve) => setTimeout(resolve, 5, 1));\n";

/** Attempts on the bill, by request id. */
function billed(dataDirectory: string): Map<string, number> {
  const counts = new Map<string, number>();
  const folder = join(dataDirectory, "usage");
  for (const name of readdirSync(folder).filter((file) => file.endsWith(".jsonl"))) {
    for (const line of readFileSync(join(folder, name), "utf8").split("\n").slice(0, -1)) {
      const { requestId } = JSON.parse(line) as { requestId?: string };
      // What an invocation went on to cost after its answer amends the bill, on a line of its own.
      if (requestId === undefined) continue;
      counts.set(requestId, (counts.get(requestId) ?? 0) + 1);
    }
  }
  return counts;
}

test("a killed server has billed every answer and runs every accepted event after it is started again", async () => {
  const dataDirectory = mkdtempSync(join(tmpdir(), "lambkin-invoke-crash-"));
  try {
    const answered: string[] = [];
    const accepted: string[] = [];
    {
      await using server = await startLambkin({ dataDirectory });
      const lambda = new LambdaClient({ ...server.client, maxAttempts: 1 });
      await lambda.send(
        new CreateFunctionCommand({
          FunctionName: "worker",
          Runtime: "nodejs24.x",
          Handler: "index.handler",
          Role: "arn:aws:iam::000000000000:role/worker",
          // An event that a busy machine let time out would be tried again, and billed again.
          Timeout: 300,
          Code: { ZipFile: zipOf({ "index.js": SOURCE }) },
        }),
      );
      await waitUntilFunctionActiveV2(
        { client: lambda, maxWaitTime: 120, minDelay: 1 },
        { FunctionName: "worker" },
      );
      const keepInvoking = async (
        InvocationType: "Event" | "RequestResponse",
        ids: string[],
      ): Promise<void> => {
        for (;;) {
          const sending = lambda.send(new InvokeCommand({ FunctionName: "worker", InvocationType }));
          const output = await sending.catch(() => undefined);
          if (output === undefined) return;
          ids.push(output.$metadata.requestId ?? "");
        }
      };
      const callers = [
        ...Array.from({ length: 3 }, () => keepInvoking("RequestResponse", answered)),
        ...Array.from({ length: 6 }, () => keepInvoking("Event", accepted)),
      ];
      await eventually(() => (answered.length >= 40 && accepted.length >= 150 ? true : undefined), {
        what: "enough invocations",
      });
      await server.end("SIGKILL");
      await Promise.all(callers);
      lambda.destroy();
    }
    const atDeath = billed(dataDirectory);
    assert.deepEqual(
      answered.filter((id) => !atDeath.has(id)),
      [],
    );
    await using server = await startLambkin({ dataDirectory });
    const bill = await eventually(
      () => {
        const counts = billed(dataDirectory);
        return accepted.every((id) => counts.has(id)) ? counts : undefined;
      },
      { what: "all accepted events have run" },
    );
    assert.ok([...bill.values()].every((count) => count === 1));
    assert.equal(await server.end("SIGTERM"), 0);
  } finally {
    rmSync(dataDirectory, { recursive: true });
  }
});
