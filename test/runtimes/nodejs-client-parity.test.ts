/**
 * Our Node.js runtime beside AWS's own clients for Node.js: the same functions have the same answers and log lines. Of
 * the clients only the addon that speaks HTTP is another; `npm run verify -- clients` builds and drives that.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { assertAlike, linesOf, type Seen, seen, startBoth } from "../../testkit/client-parity.ts";
import {
  type EnvironmentWorld,
  type FunctionOptions,
  openEnvironmentWorld,
  type RunningFunction,
} from "../../testkit/environment-world.ts";
import { fromSetUp } from "../../testkit/runtime-client.ts";
import { BEGINNINGS, STRAY, STREAMS, UNENDED_TIMEOUT_MS } from "./nodejs-clients/files.ts";

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
  describe(`${runtime} beside AWS's own client`, () => {
    let world: EnvironmentWorld;
    before(async () => {
      world = await openEnvironmentWorld({ tier: "namespaces", initMs: 60_000 });
    });
    after(() => world.close());

    const both = (options: Partial<FunctionOptions>) =>
      startBoth(
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
      );

    async function compare(options: Partial<FunctionOptions>, names: readonly string[]): Promise<void> {
      const { ours, theirs } = await both(options);
      const all = async (one: RunningFunction) => {
        const answers: Record<string, Seen> = {};
        for (const name of names) {
          answers[name] = seen(
            await one.invoke({ case: name }, { clientContext: CLIENT_CONTEXT }),
            ownFrames,
          );
        }
        return answers;
      };
      const [our, their] = await Promise.all([all(ours), all(theirs)]);
      assertAlike(our, their);
    }

    /** A function of its own for each case. */
    async function compareEach(
      functions: readonly (readonly [string, Partial<FunctionOptions>])[],
      rounds: number,
      timeoutMs = 60_000,
    ): Promise<void> {
      const ours: Record<string, unknown> = {};
      const theirs: Record<string, unknown> = {};
      const ends = async (one: RunningFunction) => {
        const answers = [];
        for (let round = 0; round < rounds; round++) {
          const { status, text } = seen(await one.invoke({}), ownFrames);
          answers.push([status, text]);
        }
        // The newer client throws once more what it has reported, which Node.js then shows as it likes.
        // Frames that are left out leave empty lines.
        const log = linesOf(one.log(), ownFrames)
          .split("\n")
          .filter((line) => line !== "");
        return { answers, log: log.filter((line) => runtime === "nodejs22.x" || /^(TIME|\{)/.test(line)) };
      };
      for (const [name, options] of functions) {
        const pair = await both({ timeoutMs, ...options });
        const [our, their] = await Promise.all([ends(pair.ours), ends(pair.theirs)]);
        ours[name] = our;
        // Their client is ended for its time, too, and sometimes still tells that its connection went.
        theirs[name] = { ...their, log: their.log.filter((line) => !line.includes("ECONNRESET")) };
      }
      assertAlike(ours, theirs);
    }

    for (const format of ["Text", "JSON"] as const) {
      const settings = format === "JSON" ? { logFormat: format, applicationLogLevel: "DEBUG" as const } : {};
      it(`answers and logs the same in ${format}`, async () => {
        await compare({ settings }, Object.keys(cases));
        await compare({ settings, handler: "index.async" }, [
          "text",
          "throws",
          "rejects",
          "arguments",
          "circle",
        ]);
      });
    }

    if (runtime === "nodejs22.x") {
      it("calls back the same", () => compare({ handler: "index.callback" }, Object.keys(callbacks)));
    }

    it("begins and fails to begin the same", () => compareEach(BEGINNINGS, 1));

    it("streams the same", () => compareEach(STREAMS, 1, UNENDED_TIMEOUT_MS));

    if (runtime === "nodejs22.x") {
      it("ends the same by what no handler answers for", () => compareEach(STRAY, 2));
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
