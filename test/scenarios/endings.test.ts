/** However an invocation ends: its answer, the lines and events of its log, and its record of usage say the same. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { after, before, describe, it } from "node:test";
import { CloudWatchLogsClient, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import {
  CreateFunctionCommand,
  type CreateFunctionCommandInput,
  InvokeCommand,
  LambdaClient,
  PublishLayerVersionCommand,
  waitUntilFunctionActiveV2,
} from "@aws-sdk/client-lambda";
import { CreateBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { ZipFile } from "yazl";
import { deploymentPackage } from "../../testkit/deployment-package.ts";
import { eventually } from "../../testkit/eventually.ts";
import { EXTENSION_PROGRAM } from "../../testkit/extension-program.ts";
import { type LambkinServer, startLambkin } from "../../testkit/lambkin-server.ts";

const FUNCTION = `
const fs = require("node:fs");
let count = 0;
exports.handler = async (event) => {
  count += 1;
  switch (event.do) {
    case "throw": throw new RangeError("as asked");
    case "exit": process.exit(event.code);
    case "kill": process.kill(process.pid, "SIGKILL");
    case "hang": return new Promise((resolve) => setTimeout(resolve, 60_000));
    case "fill": { const kept = []; for (;;) kept.push(Buffer.alloc(8 << 20, 1)); }
    case "wait": {
      const authorization =
        "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0";
      const told = () => fetch(process.env.AWS_ENDPOINT_URL + "/deserted/go", { headers: { authorization } });
      while ((await told()).status !== 200) await new Promise((resolve) => setTimeout(resolve, 50));
      return "waited";
    }
    case "big": return "x".repeat(6_291_555);
    default: return count;
  }
};`;

const HANG = "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);";

/** Hangs in its first init only. */
const SLOW_ONCE = `
const fs = require("node:fs");
if (!fs.existsSync("/tmp/once")) { fs.writeFileSync("/tmp/once", ""); ${HANG} }
exports.handler = async () => "up";`;

interface Ending {
  readonly event?: object;
  /** The document of the answer, with ID for the request's; an error unless `answer` is given. */
  readonly answer?: unknown;
  readonly error?: { readonly errorType: string; readonly errorMessage: string };
  /** Platform lines of the text format, without START and END, and with the figures as N. */
  readonly lines: readonly string[];
  /** Platform events of JSON logs: type, then status, type of error, phase and init as far as they have them. */
  readonly events: readonly string[];
  readonly status: "success" | "error" | "timeout";
}

const REPORT =
  "REPORT RequestId: ID\tDuration: N ms\tBilled Duration: N ms\tMemory Size: N MB\tMax Memory Used: N MB";
const INIT_START = "INIT_START Runtime Version: VERSION\tRuntime Version ARN: ARN";
const initReport = (phase: string, outcome: string) =>
  `INIT_REPORT Init Duration: N ms\tPhase: ${phase}\tStatus: ${outcome}`;
const failed = (errorType: string) => `error\tError Type: ${errorType}`;
const told = (errorType: string, what: string) => ({
  errorType,
  errorMessage: `RequestId: ID Error: ${what}`,
});
/** An init within an invocation, after a reset. */
const AGAIN = {
  lines: [INIT_START],
  events: ["initStart invoke", "initRuntimeDone success invoke", "initReport success invoke"],
};
const broken = (errorType: string, what: string, reset: boolean): Omit<Ending, "event"> => ({
  error: told(errorType, what),
  lines: [...(reset ? AGAIN.lines : []), `${REPORT}\tStatus: ${failed(errorType)}`],
  events: [
    ...(reset ? AGAIN.events : []),
    "start",
    `runtimeDone error ${errorType}`,
    `report error ${errorType}`,
  ],
  status: "error",
});
const EXIT = "Runtime.ExitError";

const OF_HANDLER: readonly Ending[] = [
  {
    answer: 1,
    lines: [INIT_START, `${REPORT}\tInit Duration: N ms\t`],
    events: [
      "initStart init",
      "initRuntimeDone success init",
      "initReport success init",
      "start",
      "runtimeDone success",
      "report success with init",
    ],
    status: "success",
  },
  {
    answer: 2,
    lines: [`${REPORT}\t`],
    events: ["start", "runtimeDone success", "report success"],
    status: "success",
  },
  {
    event: { do: "throw" },
    error: { errorType: "RangeError", errorMessage: "as asked" },
    lines: [`${REPORT}\t`],
    events: ["start", "runtimeDone error Runtime.Unknown", "report error Runtime.Unknown"],
    status: "error",
  },
  {
    // It goes on where it was.
    answer: 4,
    lines: [`${REPORT}\t`],
    events: ["start", "runtimeDone success", "report success"],
    status: "success",
  },
  { event: { do: "exit", code: 0 }, ...broken(EXIT, "Runtime exited without providing a reason", false) },
  { event: { do: "exit", code: 7 }, ...broken(EXIT, "Runtime exited with error: exit status 7", true) },
  { event: { do: "kill" }, ...broken(EXIT, "Runtime exited with error: signal: killed", true) },
  {
    event: { do: "fill" },
    ...broken("Runtime.OutOfMemory", "Runtime exited with error: signal: killed", true),
  },
  {
    event: { do: "big" },
    error: {
      errorType: "Function.ResponseSizeTooLarge",
      errorMessage: "Response payload size exceeded maximum allowed payload size (6291556 bytes).",
    },
    lines: [...AGAIN.lines, `${REPORT}\tStatus: ${failed("Function.ResponseSizeTooLarge")}`],
    events: [
      ...AGAIN.events,
      "start",
      "runtimeDone error Function.ResponseSizeTooLarge",
      "report error Function.ResponseSizeTooLarge",
    ],
    status: "error",
  },
  {
    answer: 2,
    lines: [`${REPORT}\t`],
    events: ["start", "runtimeDone success", "report success"],
    status: "success",
  },
];

/** An init that fails, and again in the invocation that came for it and in each after it. */
function initFails(
  errorType: string,
  error: NonNullable<Ending["error"]>,
  starts: boolean,
): readonly Ending[] {
  const report = (phase: string) => [
    ...(starts ? [`initRuntimeDone error ${errorType} ${phase}`] : []),
    `initReport error ${errorType} ${phase}`,
  ];
  const again: Ending = {
    error,
    lines: [initReport("invoke", failed(errorType)), `${REPORT}\tStatus: ${failed(errorType)}`],
    events: ["initStart invoke", ...report("invoke"), "start", `report error ${errorType}`],
    status: "error",
  };
  const first: Ending = {
    ...again,
    lines: [INIT_START, initReport("init", failed(errorType)), ...again.lines],
    events: ["initStart init", ...report("init"), ...again.events],
  };
  return [first, again];
}

const crashed = told("Extension.Crash", "exit status 3");

const CASES: readonly {
  readonly name: string;
  readonly files: Readonly<Record<string, string>>;
  readonly settings?: Partial<CreateFunctionCommandInput>;
  readonly extension?: object;
  readonly endings: readonly Ending[];
}[] = [
  {
    name: "slow-once",
    files: { "index.js": SLOW_ONCE },
    endings: [
      {
        answer: "up",
        lines: [INIT_START, initReport("init", "timeout"), `${REPORT}\t`],
        events: [
          "initStart init",
          "initRuntimeDone timeout Runtime.Unknown init",
          "initReport timeout Runtime.Unknown init",
          ...AGAIN.events,
          "start",
          "runtimeDone success",
          "report success",
        ],
        status: "success",
      },
    ],
  },
  {
    name: "slow-always",
    files: { "index.js": HANG },
    settings: { Timeout: 1 },
    endings: [
      {
        error: told("Sandbox.Timedout", "Task timed out after 1.00 seconds"),
        lines: [
          INIT_START,
          initReport("init", "timeout"),
          initReport("invoke", "timeout"),
          `${REPORT}\tStatus: timeout`,
        ],
        events: [
          "initStart init",
          "initRuntimeDone timeout Runtime.Unknown init",
          "initReport timeout Runtime.Unknown init",
          "initStart invoke",
          "initRuntimeDone timeout Runtime.Unknown invoke",
          "initReport timeout Runtime.Unknown invoke",
          "start",
          "report timeout",
        ],
        status: "timeout",
      },
    ],
  },
  {
    name: "timeout",
    files: { "index.js": FUNCTION },
    settings: { Timeout: 8 },
    endings: [
      {
        event: { do: "hang" },
        error: told("Sandbox.Timedout", "Task timed out after 8.00 seconds"),
        lines: [INIT_START, `${REPORT}\tInit Duration: N ms\tStatus: timeout`],
        events: [
          "initStart init",
          "initRuntimeDone success init",
          "initReport success init",
          "start",
          "runtimeDone timeout",
          "report timeout with init",
        ],
        status: "timeout",
      },
    ],
  },
  {
    name: "handler",
    files: { "index.js": FUNCTION },
    settings: { MemorySize: 256 },
    endings: OF_HANDLER,
  },
  {
    name: "import",
    files: { "index.js": "require('absent');" },
    endings: initFails(
      "Runtime.ImportModuleError",
      {
        errorType: "Runtime.ImportModuleError",
        errorMessage: "Error: Cannot find module 'absent'\nRequire stack:\n- /var/task/index.js",
      },
      true,
    ),
  },
  {
    name: "exit",
    files: { "index.js": "process.exit(5);" },
    endings: initFails(EXIT, told(EXIT, "Runtime exited with error: exit status 5"), true),
  },
  {
    name: "bootstrap",
    files: { "index.js": "" },
    settings: { Runtime: "provided.al2023" },
    endings: initFails(
      "Runtime.InvalidEntrypoint",
      told(
        "Runtime.InvalidEntrypoint",
        "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]",
      ),
      false,
    ),
  },
  {
    name: "extension-init",
    files: { "index.js": FUNCTION },
    extension: { exitAtStart: 3 },
    endings: initFails("Extension.Crash", crashed, false).map((ending) => ({
      ...ending,
      lines: ending.lines.flatMap((line) =>
        line.startsWith("INIT_REPORT") ? ["EXTENSION\tName: it\tState: Exited\tEvents: []", line] : [line],
      ),
      events: ending.events.flatMap((event) =>
        event.startsWith("initReport") ? ["extension", event] : [event],
      ),
    })),
  },
  {
    name: "extension-invoke",
    files: { "index.js": FUNCTION },
    extension: { exitOnInvoke: 3, events: ["INVOKE"] },
    endings: [
      {
        event: { do: "hang" },
        error: crashed,
        lines: [
          INIT_START,
          "EXTENSION\tName: it\tState: Ready\tEvents: [INVOKE]",
          `${REPORT}\tInit Duration: N ms\tStatus: ${failed("Extension.Crash")}`,
        ],
        events: [
          "initStart init",
          "extension",
          "initRuntimeDone success init",
          "initReport success init",
          "start",
          "runtimeDone error Extension.Crash",
          "report error Extension.Crash with init",
        ],
        status: "error",
      },
    ],
  },
];

interface UsageLine {
  readonly requestId: string;
  readonly status: string;
  readonly durationMs: number;
  readonly initDurationMs?: number;
  readonly billedDurationMs: number;
}

interface PlatformLine {
  readonly type: string;
  readonly record: {
    readonly status?: string;
    readonly errorType?: string;
    readonly phase?: string;
    readonly metrics?: { readonly initDurationMs?: number };
  };
}

// More inits at once would run out of their ten seconds on a busy machine.
describe("the end of an invocation", { concurrency: 4 }, () => {
  let server: LambkinServer;
  let lambda: LambdaClient;
  let logs: CloudWatchLogsClient;
  let layer = "";
  before(async () => {
    server = await startLambkin();
    lambda = new LambdaClient({ ...server.client, maxAttempts: 1 });
    logs = new CloudWatchLogsClient(server.client);
    const zip = new ZipFile();
    zip.addBuffer(Buffer.from(EXTENSION_PROGRAM), "extensions/it", { mode: 0o100755 });
    zip.end();
    const { LayerVersionArn = "" } = await lambda.send(
      new PublishLayerVersionCommand({
        LayerName: "extension",
        Content: { ZipFile: await buffer(zip.outputStream) },
      }),
    );
    layer = LayerVersionArn;
  });
  after(async () => {
    lambda.destroy();
    logs.destroy();
    await server[Symbol.asyncDispose]();
  });

  const linesOf = async (name: string) => {
    const { events = [] } = await logs.send(
      new FilterLogEventsCommand({ logGroupName: `/aws/lambda/${name}`, limit: 10_000 }),
    );
    return events.map(({ message = "" }) => message);
  };

  function usageOf(requestId: string): UsageLine | undefined {
    const folder = join(server.dataDirectory, "usage");
    const lines = readdirSync(folder)
      .filter((file) => file.endsWith(".jsonl"))
      .flatMap((file) => readFileSync(join(folder, file), "utf8").split("\n").slice(0, -1));
    return lines
      .map((line) => JSON.parse(line) as UsageLine)
      .findLast((line) => line.requestId === requestId);
  }

  it("comes in its own time when the caller has gone", async () => {
    const FunctionName = "deserted";
    await lambda.send(
      new CreateFunctionCommand({
        FunctionName,
        Runtime: "nodejs24.x",
        Handler: "index.handler",
        Role: "arn:aws:iam::000000000000:role/any",
        Timeout: 60,
        Code: { ZipFile: await deploymentPackage({ "index.js": FUNCTION }) },
      }),
    );
    await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 120, minDelay: 1 }, { FunctionName });
    const s3 = new S3Client({ ...server.client, forcePathStyle: true });
    await s3.send(new CreateBucketCommand({ Bucket: "deserted" }));
    const caller = new AbortController();
    const answered = lambda.send(new InvokeCommand({ FunctionName, Payload: '{"do":"wait"}' }), {
      abortSignal: caller.signal,
    });
    answered.catch(() => undefined); // It is looked at below.
    const line = (what: string) =>
      eventually(async () => (await linesOf(FunctionName)).find((one) => one.startsWith(what)), { what });
    const [, id = ""] = /^START RequestId: (\S+)/.exec(await line("START")) ?? [];
    caller.abort();
    await assert.rejects(answered, { name: "AbortError" });
    await s3.send(new PutObjectCommand({ Bucket: "deserted", Key: "go", Body: "go" }));
    s3.destroy();
    assert.match(await line("REPORT"), /MB\tInit Duration: [\d.]+ ms\t\n$/);
    assert.equal(usageOf(id)?.status, "success");
  });

  for (const { endings, extension, files, name, settings } of CASES) {
    for (const format of ["Text", "JSON"] as const) {
      it(`is told and metered in ${format}: ${name}`, async () => {
        const FunctionName = `${name}-${format}`;
        await lambda.send(
          new CreateFunctionCommand({
            FunctionName,
            Runtime: "nodejs24.x",
            Handler: "index.handler",
            Role: "arn:aws:iam::000000000000:role/any",
            Code: { ZipFile: await deploymentPackage(files) },
            LoggingConfig:
              format === "JSON" ? { LogFormat: format, SystemLogLevel: "DEBUG" } : { LogFormat: format },
            ...(extension === undefined ? {} : { Layers: [layer] }),
            Timeout: 60,
            MemorySize: 512,
            Environment: { Variables: { EXTENSION: JSON.stringify({ it: extension }) } },
            ...settings,
          }),
        );
        await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 120, minDelay: 1 }, { FunctionName });
        const requests: string[] = [];
        const reported = (count: number) =>
          eventually(
            async () => {
              const all = await linesOf(FunctionName);
              const reports = all.filter((line) => /^REPORT|"platform.report"/.test(line));
              return reports.length === count ? all : undefined;
            },
            { what: "the report" },
          );
        for (const ending of endings) {
          const { $metadata, FunctionError, Payload, StatusCode } = await lambda.send(
            new InvokeCommand({ FunctionName, Payload: JSON.stringify(ending.event ?? {}) }),
          );
          const id = $metadata.requestId ?? "";
          requests.push(id);
          // The answer may come before the end; only then is the environment free again.
          await reported(requests.length);
          const document = JSON.parse(Payload?.transformToString() ?? "") as Record<string, unknown>;
          assert.equal(StatusCode, 200);
          assert.equal(FunctionError, ending.error === undefined ? undefined : "Unhandled");
          if (ending.error === undefined) assert.deepEqual(document, ending.answer);
          else {
            const { errorType, errorMessage } = document;
            const shown = String(errorMessage).replace(id, "ID");
            assert.deepEqual({ errorType, errorMessage: shown }, ending.error);
          }
        }
        const lines = await reported(endings.length);
        const usage = requests.map(usageOf).filter((record) => record !== undefined);
        assert.deepEqual(
          usage.map(({ status }) => status),
          endings.map(({ status }) => status),
        );
        for (const { billedDurationMs, durationMs, initDurationMs = 0 } of usage)
          assert.equal(
            billedDurationMs,
            Math.ceil(Math.round((durationMs + initDurationMs) * 1_000) / 1_000),
          );
        if (format === "JSON") {
          const events = lines
            .filter((line) => line.startsWith('{"time"'))
            .map((line) => JSON.parse(line) as PlatformLine);
          assert.deepEqual(
            events.map(inShort),
            endings.flatMap((ending) => ending.events),
          );
          return;
        }
        assert.deepEqual(
          lines.filter((line) => PLATFORM.test(line)).map(withoutFigures),
          endings.flatMap((ending) => {
            const report = ending.lines.at(-1) ?? "";
            return [
              ...ending.lines.slice(0, -1),
              "START RequestId: ID Version: $LATEST",
              "END RequestId: ID",
              report,
            ];
          }),
        );
        assert.deepEqual(
          lines.filter((line) => line.startsWith("REPORT")).map((line) => figuresOf(line)),
          usage.map(({ billedDurationMs, durationMs, initDurationMs }) =>
            [durationMs.toFixed(2), String(billedDurationMs), initDurationMs?.toFixed(2)].filter(Boolean),
          ),
        );
      });
    }
  }
});

const PLATFORM = /^(INIT_START|INIT_REPORT|START|END|REPORT|EXTENSION)\b/;

function figuresOf(report: string): string[] {
  return [...report.matchAll(/([\d.]+) ms/g)].map(([, figure = ""]) => figure);
}

function withoutFigures(line: string): string {
  return line
    .replace(/\n$/, "")
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/, "ID")
    .replace(/Version: \S+\t/, "Version: VERSION\t")
    .replace(/ARN: \S+/, "ARN: ARN")
    .replaceAll(/[\d.]+ (ms|MB)/g, "N $1");
}

function inShort({ record, type }: PlatformLine): string {
  const { errorType, metrics, phase, status } = record;
  const parts = [type.replace("platform.", ""), status, errorType, phase];
  return [...parts, metrics?.initDurationMs === undefined ? undefined : "with init"]
    .filter(Boolean)
    .join(" ");
}
