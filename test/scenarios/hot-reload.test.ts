import assert from "node:assert/strict";
import { mkdtempSync, renameSync, rmSync, symlinkSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import {
  CreateFunctionCommand,
  GetFunctionCommand,
  InvokeCommand,
  LambdaClient,
  type Runtime,
  UpdateFunctionConfigurationCommand,
  waitUntilFunctionActiveV2,
} from "@aws-sdk/client-lambda";
import { deploymentPackage } from "../../testkit/deployment-package.ts";
import { project } from "../../testkit/dev-command.ts";
import { eventually } from "../../testkit/eventually.ts";
import { type LambkinServer, startLambkin } from "../../testkit/lambkin-server.ts";

async function createLive(
  lambda: LambdaClient,
  name: string,
  runtime: Runtime,
  handler: string,
  root: string,
) {
  await lambda.send(
    new CreateFunctionCommand({
      FunctionName: name,
      Runtime: runtime,
      Handler: handler,
      MemorySize: 256,
      Timeout: 20,
      Role: "arn:aws:iam::000000000000:role/any",
      Code: { S3Bucket: "hot-reload", S3Key: root },
    }),
  );
  await waitUntilFunctionActiveV2(
    { client: lambda, maxWaitTime: 120, minDelay: 0.02, maxDelay: 0.1 },
    { FunctionName: name },
  );
}

async function invoke(lambda: LambdaClient, name: string, payload: unknown = {}) {
  const { Payload, FunctionError } = await lambda.send(
    new InvokeCommand({ FunctionName: name, Payload: Buffer.from(JSON.stringify(payload)) }),
  );
  const answer: unknown = JSON.parse(Buffer.from(Payload ?? []).toString() || "null");
  return { answer, failed: FunctionError !== undefined };
}

test("saved code is what runs next, whatever the language and the way of saving", async () => {
  await using server = await startLambkin();
  const lambda = new LambdaClient(server.client);
  const esm = (n: number) => `export const handler = async () => "esm ${n}";`;
  const cjs = (n: number) => `exports.handler = async () => require("./lib/value.js") + " ${n}";`;
  const python = (n: number) => `def handler(event, context):\n    return "python ${n}"\n`;
  using files = project({
    "esm/index.mjs": esm(0),
    "cjs/index.js": cjs(0),
    "cjs/lib/value.js": `module.exports = "cjs";`,
    "python/app.py": python(0),
  });
  await createLive(lambda, "esm", "nodejs24.x", "index.handler", path.join(files.root, "esm"));
  await createLive(lambda, "cjs", "nodejs24.x", "index.handler", path.join(files.root, "cjs"));
  await createLive(lambda, "python", "python3.13", "app.handler", path.join(files.root, "python"));
  const becomes = (name: string, expected: string) =>
    eventually(async () => (await invoke(lambda, name)).answer === expected || undefined, {
      what: `${name} answers ${expected}`,
    });
  for (const name of ["esm", "cjs", "python"]) await becomes(name, `${name} 0`);

  files.write("esm/index.mjs", esm(1));
  files.write("python/app.py", python(1));
  // Most editors write beside the file and rename.
  files.write("cjs/.index.js.new", cjs(1));
  renameSync(path.join(files.root, "cjs/.index.js.new"), path.join(files.root, "cjs/index.js"));
  for (const name of ["esm", "cjs", "python"]) await becomes(name, `${name} 1`);
  files.write("cjs/lib/value.js", `module.exports = "CJS";`);
  await becomes("cjs", "CJS 1");

  // Its configuration is as it was: a reload is no update.
  const { Configuration, Code } = await lambda.send(new GetFunctionCommand({ FunctionName: "esm" }));
  assert.equal(Code?.Location, path.join(files.root, "esm"));
  assert.equal(Configuration?.CodeSize, 0);
  assert.equal(Configuration?.LastUpdateStatus, "Successful");

  // A mistake is the function's error, and mending it is enough.
  files.write("esm/index.mjs", "export const handler = async () => {");
  await eventually(async () => (await invoke(lambda, "esm")).failed || undefined, { what: "a syntax error" });
  files.write("esm/index.mjs", esm(2));
  await becomes("esm", "esm 2");
});

test("TypeScript is built as it is saved, and stack traces name its lines", async () => {
  await using server = await startLambkin();
  const lambda = new LambdaClient(server.client);
  const source = (n: number) =>
    `import { greet } from "./lib/greet.ts";
enum Kind { Fine = "fine" }
interface Event { readonly fail?: boolean }
export const handler = async (event: Event): Promise<string> => {
  if (event.fail === true) throw new Error("as asked");
  return greet(Kind.Fine, ${n});
};
`;
  using files = project({
    "package.json": `{ "type": "module" }`,
    "src/index.ts": source(0),
    "src/lib/greet.ts": `export const greet = (kind: string, n: number): string => kind + " " + n;`,
  });
  await createLive(lambda, "typed", "nodejs24.x", "src/index.handler", files.root);
  const becomes = (expected: string) =>
    eventually(async () => (await invoke(lambda, "typed")).answer === expected || undefined, {
      what: expected,
    });
  await becomes("fine 0");
  files.write("src/index.ts", source(1));
  await becomes("fine 1");
  files.write(
    "src/lib/greet.ts",
    `export const greet = (kind: string, n: number): string => kind + "! " + n;`,
  );
  await becomes("fine! 1");

  const { answer, failed } = await invoke(lambda, "typed", { fail: true });
  assert.ok(failed);
  const { trace } = answer as { trace: string[] };
  assert.ok(
    trace.some((line) => line.includes(`${path.join(files.root, "src/index.ts")}:5:`)),
    trace.join("\n"),
  );

  files.write("src/index.ts", "export const handler = async ( => 1;");
  // What is written in two steps may be built in between, when the file is empty.
  await eventually(
    async () => {
      const broken = await invoke(lambda, "typed");
      assert.ok(broken.failed);
      const { errorMessage, errorType } = broken.answer as { errorMessage: string; errorType: string };
      assert.equal(errorType, "Runtime.UserCodeSyntaxError");
      assert.match(errorMessage, /src\/index\.ts:1:/);
      return true;
    },
    { what: "an error of the build" },
  );
});

test("a directory that has become a link, or may be named no more, is not run", async () => {
  const handler = (word: string) => `export const handler = async () => "${word}";`;
  using files = project({ "in/code/index.mjs": handler("in"), "out/code/index.mjs": handler("out") });
  const at = (name: string) => path.join(files.root, name);
  const dataDirectory = mkdtempSync(path.join(os.tmpdir(), "lambkin-live-"));
  const again = async (server: LambkinServer, name: string) => {
    const lambda = new LambdaClient(server.client);
    // Another generation, which has to have an environment of its own.
    const Environment = { Variables: { RUN: String(Math.random()) } };
    await lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName: name, Environment }));
    return invoke(lambda, name).catch(({ name: code }: Error) => code);
  };
  try {
    {
      await using server = await startLambkin({ dataDirectory, args: ["--hot-reload", at("in")] });
      const lambda = new LambdaClient(server.client);
      await createLive(lambda, "replaced", "nodejs24.x", "index.handler", at("in/code"));
      assert.equal((await invoke(lambda, "replaced")).answer, "in", "the control");
      renameSync(at("in/code"), at("in/aside"));
      symlinkSync("../out/code", at("in/code"));
      assert.notDeepEqual(await again(server, "replaced"), { answer: "out", failed: false });
      rmSync(at("in/code"));
      renameSync(at("in/aside"), at("in/code"));
      await eventually(
        async () => (await invoke(lambda, "replaced").catch(() => undefined))?.answer === "in" || undefined,
        {
          what: "the directory to be one again",
        },
      );
    }
    {
      await using anywhere = await startLambkin({ dataDirectory });
      await createLive(
        new LambdaClient(anywhere.client),
        "left",
        "nodejs24.x",
        "index.handler",
        at("out/code"),
      );
      assert.equal((await invoke(new LambdaClient(anywhere.client), "left")).answer, "out", "the control");
    }
    await using narrowed = await startLambkin({ dataDirectory, args: ["--hot-reload", at("in")] });
    assert.notDeepEqual(await again(narrowed, "left"), { answer: "out", failed: false });
    assert.deepEqual(await again(narrowed, "replaced"), { answer: "in", failed: false }, "the control");
  } finally {
    rmSync(dataDirectory, { recursive: true, force: true });
  }
});

test("TypeScript that is built takes nothing from where functions may not be run", async () => {
  using files = project({
    "in/up.ts": `import note from "../out/note.json"; export const handler = async () => note.word;`,
    "in/linked.ts": `import note from "./link.json"; export const handler = async () => note.word;`,
    "out/note.json": `{ "word": "a secret" }`,
  });
  symlinkSync("../out/note.json", path.join(files.root, "in/link.json"));
  const root = path.join(files.root, "in");
  const answers = async (server: LambkinServer) => {
    const lambda = new LambdaClient(server.client);
    const found: unknown[] = [];
    for (const name of ["up", "linked"]) {
      await createLive(lambda, name, "nodejs24.x", `${name}.handler`, root);
      found.push((await invoke(lambda, name)).answer);
    }
    return found;
  };
  await using anywhere = await startLambkin();
  assert.deepEqual(await answers(anywhere), ["a secret", "a secret"], "the control");
  await using narrowed = await startLambkin({ args: ["--hot-reload", root] });
  for (const answer of await answers(narrowed)) {
    assert.match((answer as { errorMessage: string }).errorMessage, /is not among what this server runs/);
    assert.doesNotMatch(JSON.stringify(answer), /a secret/);
  }

  // The server's own directory is in no bundle, whatever else may be.
  const own = path.join(anywhere.dataDirectory, "format.json");
  files.write("in/own.ts", `import own from ${JSON.stringify(own)}; export const handler = async () => own;`);
  const lambda = new LambdaClient(anywhere.client);
  await createLive(lambda, "own", "nodejs24.x", "own.handler", root);
  const { answer, failed } = await invoke(lambda, "own");
  assert.ok(failed);
  assert.match((answer as { errorMessage: string }).errorMessage, /is not among what this server runs/);
});

test("directories are taken from who may name them, and only those that may be named", async () => {
  using files = project({ "in/index.mjs": "export const handler = async () => 1;", "out/index.mjs": "" });
  await using server = await startLambkin({ args: ["--hot-reload", path.join(files.root, "in")] });
  const lambda = new LambdaClient(server.client);
  const refused = (root: string, reason: RegExp) =>
    assert.rejects(createLive(lambda, "refused", "nodejs24.x", "index.handler", root), (error: Error) => {
      assert.equal(error.name, "InvalidParameterValueException");
      assert.match(error.message, reason);
      return true;
    });
  await refused(path.join(files.root, "out"), /directories of .* only/);
  await refused(path.join(files.root, "in/../out"), /directories of .* only/);
  await refused(path.join(files.root, "in/none"), /ENOENT/);
  await refused(path.join(files.root, "in/index.mjs"), /no directory/);
  await refused("in", /the key has to be an absolute path, and in is not/);
  await createLive(lambda, "taken", "nodejs24.x", "index.handler", path.join(files.root, "in"));

  await using any = await startLambkin();
  const anyLambda = new LambdaClient(any.client);
  await assert.rejects(
    createLive(anyLambda, "secrets", "nodejs24.x", "index.handler", any.dataDirectory),
    /data directory/,
  );
  await assert.rejects(createLive(anyLambda, "all", "nodejs24.x", "index.handler", "/"), /data directory/);
  // A function must not widen its own sandbox with it.
  await anyLambda.send(
    new CreateFunctionCommand({
      FunctionName: "inside",
      Runtime: "nodejs24.x",
      Handler: "index.handler",
      Timeout: 20,
      Role: "arn:aws:iam::000000000000:role/any",
      Code: {
        ZipFile: await deploymentPackage({
          "index.mjs": `export const handler = async (root) => {
  const url = process.env.AWS_ENDPOINT_URL + "/2015-03-31/functions";
  const body = JSON.stringify({ FunctionName: "wider", Runtime: "nodejs24.x", Handler: "index.handler",
    Role: "arn:aws:iam::000000000000:role/any", Code: { S3Bucket: "hot-reload", S3Key: root } });
  const scope = "20260101/us-east-1/lambda/aws4_request";
  const { createHash, createHmac } = await import("node:crypto");
  const sha = (text) => createHash("sha256").update(text).digest("hex");
  const hmac = (key, text) => createHmac("sha256", key).update(text).digest();
  const date = new Date().toISOString().replace(/[-:]|\\.\\d+/g, "");
  const day = date.slice(0, 8);
  const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret, AWS_SESSION_TOKEN: token } = process.env;
  const host = new URL(url).host;
  const canonical = ["POST", "/2015-03-31/functions", "", "host:" + host, "x-amz-date:" + date,
    "x-amz-security-token:" + token, "", "host;x-amz-date;x-amz-security-token", sha(body)].join("\\n");
  const place = scope.replace("20260101", day);
  const toSign = ["AWS4-HMAC-SHA256", date, place, sha(canonical)].join("\\n");
  const key = place.split("/").reduce((key, part) => hmac(key, part), "AWS4" + secret);
  const answer = await fetch(url, { method: "POST", body, headers: { "x-amz-date": date, "x-amz-security-token": token,
    authorization: "AWS4-HMAC-SHA256 Credential=" + id + "/" + place +
      ", SignedHeaders=host;x-amz-date;x-amz-security-token, Signature=" + hmac(key, toSign).toString("hex") } });
  return answer.status + " " + await answer.text();
};`,
        }),
      },
    }),
  );
  await waitUntilFunctionActiveV2({ client: anyLambda, maxWaitTime: 120 }, { FunctionName: "inside" });
  const { answer } = await invoke(anyLambda, "inside", path.join(files.root, "in"));
  assert.match(String(answer), /^400 .*functions may not run directories/);
});
