/**
 * Our Node.js runtime beside AWS's own clients for Node.js: the same functions have the same answers and log lines. Of
 * the clients only the addon that speaks HTTP is another; `npm run verify -- clients` builds and drives that.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { assertBothAlike, linesOf, type Seen, seen } from "../../testkit/client-parity.ts";
import {
  type EnvironmentWorld,
  type FunctionOptions,
  openEnvironmentWorld,
  type RunningFunction,
} from "../../testkit/environment-world.ts";
import { fromSetUp } from "../../testkit/runtime-client.ts";
import { BEGINNINGS, STRAY, STREAMS } from "./nodejs-clients/files.ts";

/** Programs that start the clients; the first one's own also says that it does. */
const CLIENTS = {
  "nodejs22.x": `
import { run } from "/opt/aws-lambda-ric@3.3.0/dist/index.mjs";
await run(process.env.LAMBDA_TASK_ROOT, process.env._HANDLER);`,
  "nodejs24.x": 'import "/opt/aws-lambda-ric@4.0.2/index.mjs";',
} as const;

const folder = path.join(import.meta.dirname, "nodejs-clients");
const ANSWERS = readFileSync(path.join(folder, "answers.cjs"), "utf8");
const { cases, callbacks } = createRequire(import.meta.url)(path.join(folder, "answers.cjs"));

const INDEX = {
  "nodejs22.x": `
const { cases, callbacks } = require("./answers.cjs");
exports.handler = (event, context) => cases[event.case](event, context);
exports.async = async (event, context) => cases[event.case](event, context);
exports.callback = (event, context, callback) => callbacks[event.case](event, context, callback);`,
  "nodejs24.x": `
const { cases } = require("./answers.cjs");
exports.handler = (event, context) => cases[event.case](event, context);
exports.async = async (event, context) => cases[event.case](event, context);`,
} as const;

const CLIENT_CONTEXT = JSON.stringify({ custom: { a: "é" }, client: { app_title: "title" } });

for (const runtime of ["nodejs22.x", "nodejs24.x"] as const) {
  describe(`${runtime} beside AWS's own client`, { concurrency: 3 }, () => {
    let world: EnvironmentWorld;
    before(async () => {
      world = await openEnvironmentWorld({ tier: "namespaces", initMs: 60_000 });
    });
    after(() => world.close());

    const compare = (
      options: Partial<FunctionOptions>,
      observe: (one: RunningFunction, whose: "ours" | "theirs") => Promise<Readonly<Record<string, unknown>>>,
    ) =>
      assertBothAlike(
        world,
        {
          runtime,
          timeoutMs: 60_000,
          ...options,
          files: options.files ?? { "index.js": INDEX[runtime], "answers.cjs": ANSWERS },
        },
        {
          command: '"$1" --require /var/task/transport.cjs /var/task/client.mjs "$_HANDLER"',
          layersDirectory: fromSetUp("LAMBKIN_TEST_NODE_CLIENTS"),
          files: {
            "client.mjs": CLIENTS[runtime],
            "transport.cjs": readFileSync(path.join(folder, "transport.cjs"), "utf8"),
          },
        },
        observe,
      );

    const compareCases = (options: Partial<FunctionOptions>, names: readonly string[]) =>
      compare(options, async (one) => {
        const answers: Record<string, Seen> = {};
        for (const name of names) {
          const invoked = await one.invoke({ case: name }, { clientContext: CLIENT_CONTEXT });
          answers[name] = seen(invoked, ownFrames);
        }
        return answers;
      });

    /** A function that is invoked once or more and may come to its end. */
    const compareEnds = (options: Partial<FunctionOptions>, rounds: number) =>
      compare(options, async (one, whose) => {
        const answers = [];
        for (let round = 0; round < rounds; round++) {
          const { status, text } = seen(await one.invoke({}), ownFrames);
          answers.push([status, text]);
        }
        // Frames that are left out leave empty lines.
        const lines = linesOf(one.log(), ownFrames)
          .split("\n")
          .filter((line) => line !== "");
        // The newer client throws once more what it has reported, which Node.js then shows as it likes.
        const log = lines.filter((line) => runtime === "nodejs22.x" || /^(TIME|\{)/.test(line));
        // Their client is ended for its time, too, and sometimes still tells that its connection went.
        return { answers, log: log.filter((line) => whose === "ours" || !line.includes("ECONNRESET")) };
      });

    for (const format of ["Text", "JSON"] as const) {
      const settings = format === "JSON" ? { logFormat: format, applicationLogLevel: "DEBUG" as const } : {};
      it(`answers and logs the same in ${format}`, async () => {
        await Promise.all([
          compareCases({ settings }, Object.keys(cases)),
          compareCases({ settings, handler: "index.async" }, [
            "text",
            "throws",
            "rejects",
            "arguments",
            "circle",
          ]),
        ]);
      });
    }

    if (runtime === "nodejs22.x") {
      it("calls back the same", () => compareCases({ handler: "index.callback" }, Object.keys(callbacks)));
    }

    for (const [name, options] of BEGINNINGS)
      it(`begins and fails to begin the same: ${name}`, () => compareEnds(options, 1));

    for (const [name, options] of STREAMS) it(`streams the same: ${name}`, () => compareEnds(options, 1));

    if (runtime === "nodejs22.x") {
      for (const [name, options] of STRAY)
        it(`ends the same by what no handler answers for: ${name}`, () => compareEnds(options, 2));
    }
  });
}

/** With the clients where Lambda has them, and without their frames and those of Node.js. */
function ownFrames(text: string): string {
  return text
    .replaceAll(/\/opt\/aws-lambda-ric@[\d.]+\/(dist\/)?/g, "/var/runtime/")
    .replaceAll(/,?"\s*at [^"]*(\/var\/runtime\/|client\.mjs|transport\.cjs|node:|<anonymous>)[^"]*"/g, "")
    .replaceAll(
      /(?:[\n\r]|\\n) *at [^\n\r"\\]*(\/var\/runtime\/|client\.mjs|transport\.cjs|node:|<anonymous>)[^\n\r"\\]*/g,
      "",
    )
    .replaceAll(/\s*\.\.\. \d+ lines matching cause stack trace \.\.\./g, "");
}
