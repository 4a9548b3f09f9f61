import { readdirSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { type ZipEntry, zip } from "./zip-writer.ts";

const SDK = "@aws/durable-execution-sdk-js";
/** What bundlers and type checkers read, and Node.js does not. */
const UNUSED_FOLDERS = new Set(["dist-es", "dist-types", "dist-browser", "node_modules"]);
const USED_FILES = /\.(c|m)?js(on)?$/;

/**
 * Functions with the official SDK for durable executions: `flow`, `child`, `fails`, `sleeps`, `large` and `asks`. Without it:
 * `plain`, which is none, and `puppet`, which calls Lambda as its event says and answers with what it got.
 */
const INDEX = `
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import * as aws from "@aws-sdk/client-lambda";
import { withDurableExecution } from "${SDK}";

const again = (attempt) => ({ shouldRetry: attempt < 8, delay: { seconds: 1 } });

/** Fails twice in an execution environment, then works. */
function flaky(id) {
  const file = "/tmp/" + id;
  const failed = existsSync(file) ? Number(readFileSync(file, "utf8")) : 0;
  if (failed >= 2) return failed;
  writeFileSync(file, String(failed + 1));
  throw new Error("not yet");
}

export const flow = withDurableExecution(async (event, context) => {
  const first = await context.step("first", async () => event.n + 1);
  await context.wait("pause", { seconds: 1 });
  const tried = await context.step("flaky", async () => flaky(event.id), {
    retryStrategy: (error, attempt) => again(attempt),
  });
  const both = await context.parallel("both", [
    async (branch) => branch.step("left", async () => "left"),
    async (branch) => {
      await branch.wait("short", { seconds: 1 });
      return branch.step("right", async () => "right");
    },
  ]);
  const each = await context.map("each", [1, 2, 3], async (item, n) => item.step("times", async () => n * 10));
  const inside = await context.runInChildContext("inside", async (inner) => inner.step("deep", async () => "deep"));
  const child = await context.invoke("child", event.child, { n: 20 });
  const plain = await context.invoke("plain", event.plain, { n: 30 });
  let missing;
  try {
    await context.invoke("missing", "nobody-is-called-that", {});
  } catch (error) {
    missing = error.constructor.name;
  }
  const slow = await context.step("slow", async () => {
    await new Promise((resolve) => setTimeout(resolve, event.slowMs ?? 0));
    return "slow";
  });
  const approval = await context.waitForCallback("approval", async () => undefined, {
    timeout: { minutes: 5 },
    heartbeatTimeout: { minutes: 1 },
  });
  return { first, tried, both: both.getResults(), each: each.getResults(), inside, child, plain, missing, slow, approval };
});

export const child = withDurableExecution(async (event, context) => {
  await context.wait("pause", { seconds: 1 });
  return context.step("add", async () => event.n + 1);
});

export const plain = async (event) => event.n + 1;

export const puppet = async (event) => {
  const client = new aws.LambdaClient({ maxAttempts: 1 });
  const { script } = JSON.parse(event.InitialExecutionState.Operations[0].ExecutionDetails.InputPayload);
  const { DurableExecutionArn } = event;
  const tokens = [event.CheckpointToken];
  const results = [];
  for (const { call, input, token } of script) {
    const CheckpointToken = tokens.at(token ?? -1);
    try {
      const command = new aws[call + "Command"]({ DurableExecutionArn, CheckpointToken, ...input });
      const { $metadata, ...output } = await client.send(command);
      if (output.CheckpointToken !== undefined) tokens.push(output.CheckpointToken);
      results.push(output);
    } catch (error) {
      results.push({ error: error.name, message: error.message });
    }
  }
  return { Status: "SUCCEEDED", Result: JSON.stringify({ event, results }) };
};

export const fails = withDurableExecution(async (event, context) => {
  await context.step("breaks", async () => { throw new TypeError("it broke"); }, {
    retryStrategy: () => ({ shouldRetry: false }),
  });
});

export const sleeps = withDurableExecution(async (event, context) => {
  await context.wait("long", { seconds: event.seconds });
  return "awake";
});

export const large = withDurableExecution(async (event, context) => {
  let characters = 0;
  for (let n = 0; n < event.steps; n++) {
    characters += (await context.step("large", async () => String(n).repeat(event.characters))).length;
    if (n === event.steps - 2) await context.wait("pause", { seconds: 1 });
  }
  return event.result ? "x".repeat(event.result) : characters;
});

export const asks = withDurableExecution(async (event, context) => {
  const [answer] = await context.createCallback("answer", event.config);
  try {
    return { answer: await answer };
  } catch (error) {
    return { error: error.message };
  }
});
`;

let made: Buffer | undefined;

/** A deployment package of these functions, with the SDK and everything that it needs. */
export function durablePackage(): Buffer {
  made ??= zip([{ name: "index.mjs", content: INDEX }, ...dependencies(SDK)]);
  return made;
}

function dependencies(root: string): ZipEntry[] {
  const entries: ZipEntry[] = [];
  const seen = new Set<string>();
  const visit = (name: string, from: string): void => {
    const folder = folderOf(name, from);
    if (seen.has(folder)) return;
    seen.add(folder);
    const at = folder.slice(folder.indexOf("node_modules/"));
    for (const file of filesOf(folder)) {
      entries.push({ name: `${at}/${file}`, content: readFileSync(path.join(folder, file)) });
    }
    const { dependencies: needed = {} } = JSON.parse(
      readFileSync(path.join(folder, "package.json"), "utf8"),
    ) as { readonly dependencies?: Readonly<Record<string, string>> };
    for (const dependency of Object.keys(needed)) visit(dependency, folder);
  };
  visit(root, path.join(import.meta.dirname, ".."));
  return entries;
}

/** As Node.js finds it, whether or not the package lets its package.json be required. */
function folderOf(name: string, from: string): string {
  for (const modules of createRequire(path.join(from, "x.js")).resolve.paths(name) ?? []) {
    const folder = path.join(modules, name);
    if (statSync(path.join(folder, "package.json"), { throwIfNoEntry: false })?.isFile()) return folder;
  }
  throw new Error(`${name} is not installed`);
}

function filesOf(folder: string, inside = ""): string[] {
  return readdirSync(path.join(folder, inside), { withFileTypes: true }).flatMap((entry) => {
    const file = path.posix.join(inside, entry.name);
    if (entry.isDirectory()) return UNUSED_FOLDERS.has(entry.name) ? [] : filesOf(folder, file);
    return USED_FILES.test(entry.name) ? [file] : [];
  });
}
