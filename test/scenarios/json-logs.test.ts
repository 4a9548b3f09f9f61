import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { CloudWatchLogsClient, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import {
  CreateFunctionCommand,
  InvokeCommand,
  LambdaClient,
  waitUntilFunctionActiveV2,
} from "@aws-sdk/client-lambda";
import { deploymentPackage } from "../../testkit/deployment-package.ts";
import { eventually } from "../../testkit/eventually.ts";
import { type LambkinServer, startLambkin } from "../../testkit/lambkin-server.ts";

const FUNCTIONS = {
  "nodejs24.x": {
    "index.js": `exports.handler = async () => {
      console.info("below the level");
      console.warn({ a: 1 });
      console.error("two\\nlines");
      process.stdout.write('{"level":"DEBUG","message":"raw, below"}\\n{"level":"ERROR","message":"raw"}\\n');
      return 1;
    };`,
  },
  "python3.12": {
    "index.py": `
import logging
def handler(event, context):
    logging.getLogger().info("below the level")
    logging.getLogger().warning({"a": 1})
    logging.getLogger().error("two\\nlines")
    print('{"level":"DEBUG","message":"raw, below"}')
    print('{"level":"ERROR","message":"raw"}')
    return 1
`,
  },
} as const;

interface Line {
  readonly type?: string;
  readonly level?: string;
  readonly message?: unknown;
  readonly requestId?: string;
  readonly record?: { readonly requestId?: string; readonly status?: string };
}

describe("JSON logs", () => {
  let server: LambkinServer;
  let lambda: LambdaClient;
  let logs: CloudWatchLogsClient;
  before(async () => {
    server = await startLambkin();
    lambda = new LambdaClient(server.client);
    logs = new CloudWatchLogsClient(server.client);
  });
  after(() => server[Symbol.asyncDispose]());

  for (const [runtime, files] of Object.entries(FUNCTIONS)) {
    for (const systemLevel of ["DEBUG", "WARN"] as const) {
      it(`of ${runtime} have lines of the levels WARN (function) and ${systemLevel} (system)`, async () => {
        const name = `${runtime.replace(/\W/g, "-")}-${systemLevel}`;
        await lambda.send(
          new CreateFunctionCommand({
            FunctionName: name,
            Runtime: runtime as keyof typeof FUNCTIONS,
            Handler: "index.handler",
            Role: "arn:aws:iam::000000000000:role/any",
            Timeout: 30,
            Code: { ZipFile: await deploymentPackage(files) },
            LoggingConfig: {
              LogFormat: "JSON",
              ApplicationLogLevel: "WARN",
              SystemLogLevel: systemLevel,
              LogGroup: `/custom/${name}`,
            },
          }),
        );
        await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 120 }, { FunctionName: name });
        const { $metadata, FunctionError, LogResult } = await lambda.send(
          new InvokeCommand({ FunctionName: name, LogType: "Tail" }),
        );
        assert.equal(FunctionError, undefined);
        const parse = (line: string) => JSON.parse(line) as Line;
        const tail = Buffer.from(LogResult ?? "", "base64")
          .toString()
          .trim()
          .split("\n")
          .map(parse);
        const said = [
          ["WARN", runtime.startsWith("python") ? "{'a': 1}" : { a: 1 }],
          ["ERROR", "two\nlines"],
          ["ERROR", "raw"],
        ];
        const platform = (...types: string[]) => types.map((type) => [`platform.${type}`, undefined]);
        const detailed = systemLevel === "DEBUG";
        const shape = ({ level, message, type }: Line) => [
          type ?? (level === "WARNING" ? "WARN" : level),
          message,
        ];
        assert.deepEqual(
          tail.map(shape),
          detailed ? [...platform("start"), ...said, ...platform("runtimeDone", "report")] : said,
        );
        for (const line of tail.slice(detailed ? 1 : 0, detailed ? 3 : 2))
          assert.equal(line.requestId, $metadata.requestId);
        const init = detailed
          ? ["platform.initStart", "platform.initRuntimeDone", "platform.initReport"]
          : [];
        const stored = await eventually(
          async () => {
            const { events = [] } = await logs.send(
              new FilterLogEventsCommand({ logGroupName: `/custom/${name}` }),
            );
            return events.length >= init.length + tail.length ? events : undefined;
          },
          { what: "the lines in CloudWatch Logs" },
        );
        const lines = stored.map(({ message = "" }) => parse(message));
        assert.deepEqual(lines.slice(-tail.length), tail);
        assert.deepEqual(
          lines.slice(0, -tail.length).map(({ type }) => type),
          init,
        );
        for (const { logStreamName = "" } of stored)
          assert.match(
            logStreamName,
            new RegExp(`^\\d{4}/\\d\\d/\\d\\d/${name}\\[\\$LATEST\\][0-9a-f]{32}$`),
          );
      });
    }
  }
});
