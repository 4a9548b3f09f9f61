import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { stripVTControlCharacters } from "node:util";
import {
  CreateFunctionCommand,
  InvokeCommand,
  LambdaClient,
  waitUntilFunctionActiveV2,
} from "@aws-sdk/client-lambda";
import { DotnetBootstrap } from "../../src/runtimes/dotnet/compile-bootstrap.ts";
import { JavaBootstrap } from "../../src/runtimes/java/compile-bootstrap.ts";
import { deploymentPackage } from "../../testkit/deployment-package.ts";
import { run } from "../../testkit/lambkin-server.ts";

const root = path.join(import.meta.dirname, "..", "..");
const folder = mkdtempSync(path.join(os.tmpdir(), "lambkin-package-"));
const user = path.join(folder, "user");
const installed = path.join(user, "node_modules", "lambkin");
const MIB = 1024 * 1024;

/** npm, npx and what they start find this Node.js first. */
const environment = {
  ...process.env,
  PATH: `${path.dirname(process.execPath)}${path.delimiter}${process.env["PATH"] ?? ""}`,
  npm_config_cache: path.join(folder, "npm-cache"),
  npm_config_update_notifier: "false",
};

interface Packed {
  readonly filename: string;
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string; readonly mode: number }[];
}
let packed: Packed;

before(async () => {
  const pack = await run("npm", ["pack", "--json", "--pack-destination", folder], {
    cwd: root,
    env: environment,
  });
  assert.equal(pack.code, 0, pack.stderr);
  // npm 12 answers with an object by name, older ones with a list; what scripts print comes before it.
  const answer = stripVTControlCharacters(pack.stdout);
  const parsed = JSON.parse(answer.slice(answer.search(/^[[{]/m))) as Packed[] | Record<string, Packed>;
  const [only] = Object.values(parsed);
  assert.ok(only !== undefined);
  packed = only;
  mkdirSync(user);
  writeFileSync(path.join(user, "package.json"), '{ "name": "user", "private": true }\n');
  const install = await run(
    "npm",
    ["install", "--no-audit", "--no-fund", "--prefer-offline", path.join(folder, packed.filename)],
    { cwd: user, env: environment },
  );
  assert.equal(install.code, 0, install.stderr);
});

after(() => rmSync(folder, { recursive: true, force: true }));

test("the package holds what is run, and nothing of the checkout", () => {
  const names = packed.files.map((file) => file.path);
  const foreign = names.filter(
    (name) =>
      !/^(package\.json|README\.md|LICENSE|NOTICE|bin\/\w+\.cjs|dist\/.+\.(js|cjs|mjs|py|rb|java|cs|sh|json|c|h)|dist\/.*\bNOTICE|dist\/embedding\/\w+\.d\.ts|dist\/native\/spawner\/prebuilt\/(spawner|zygote)-\w+|dist\/runtimes\/(java\/prebuilt\/\w+\.jar|dotnet\/prebuilt\/[\w.]+\.dll))$/.test(
        name,
      ),
  );
  assert.deepEqual(foreign, []);
  assert.deepEqual(
    names.filter((name) => /\.test\.|(^|\/)(test|testkit|src|scripts|bench)\//.test(name)),
    [],
  );
  for (const name of [
    "LICENSE",
    "NOTICE",
    "README.md",
    "dist/embedding/index.d.ts",
    "dist/storage/sqlite/thread.js",
    "dist/runtimes/nodejs/prebuilt/bootstrap.cjs",
    "dist/runtimes/java/prebuilt/runtime.jar",
    "dist/runtimes/java/prebuilt/interfaces.jar",
    "dist/runtimes/dotnet/prebuilt/Lambkin.Runtime.dll",
  ])
    assert.ok(names.includes(name), name);
  assert.ok(packed.size < 3 * MIB, `packed ${packed.size} bytes`);
  assert.ok(packed.unpackedSize < 8 * MIB, `unpacked ${packed.unpackedSize} bytes`);
  if (process.platform === "linux") {
    const spawner = packed.files.find((file) => file.path.includes("/prebuilt/spawner-"));
    assert.ok(spawner !== undefined, "a spawner is in it");
    assert.equal(spawner.mode & 0o111, 0o111);
  }
});

test("no file of the package tells where it was made", async () => {
  const { stdout } = await run("grep", ["-rlF", "-e", `${root}/`, "-e", `${os.homedir()}/`, installed]);
  assert.equal(stdout, "");
});

test("Java and .NET need no compiler where the package is installed", async () => {
  const runtimes = path.join(installed, "dist", "runtimes");
  const places = (family: string) => ({
    cache: path.join(folder, family),
    prebuilt: path.join(runtimes, family, "prebuilt"),
  });
  const absent = {
    foundAs: "nothing",
    libraryDirectories: [],
    prefix: "/nonexistent",
    program: "/nonexistent/x",
  };
  const jre = { ...absent, family: "java" as const, line: 8, version: "1.8.0" };
  const java = new JavaBootstrap(path.join(runtimes, "java", "bootstrap"), places("java"), [jre]);
  await java.prepare(jre);
  assert.ok(existsSync(path.join(java.directory, "runtime.jar")));
  const runtime = { ...absent, family: "dotnet" as const, line: 8, version: "8.0.1" };
  const dotnet = new DotnetBootstrap(path.join(runtimes, "dotnet", "bootstrap"), places("dotnet"), [runtime]);
  await dotnet.prepare(runtime);
  assert.ok(existsSync(path.join(dotnet.directory(runtime), "Lambkin.Runtime.dll")));
});

test("installing brings only what runs", () => {
  const dependencies = readdirSync(path.join(user, "node_modules")).filter((name) => !name.startsWith("."));
  const expected = ["lambkin", ...runtimeDependencies()].map((name) => name.split("/")[0]);
  assert.deepEqual(new Set(dependencies), new Set(expected));
});

/** What package.json depends on to run, and what that depends on. */
function runtimeDependencies(): string[] {
  interface Entry {
    readonly dependencies?: Readonly<Record<string, string>>;
  }
  const { packages } = JSON.parse(readFileSync(path.join(root, "package-lock.json"), "utf8")) as {
    readonly packages: Readonly<Record<string, Entry>>;
  };
  const found = new Set<string>();
  const follow = (place: string): void => {
    for (const name of Object.keys(packages[place]?.dependencies ?? {})) {
      if (found.has(name)) continue;
      found.add(name);
      follow(`node_modules/${name}`);
    }
  };
  follow("");
  return [...found];
}

async function invokeOnce(client: {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}): Promise<unknown> {
  const lambda = new LambdaClient(client);
  try {
    await lambda.send(
      new CreateFunctionCommand({
        FunctionName: "double",
        Runtime: "nodejs24.x",
        Handler: "index.handler",
        Role: "arn:aws:iam::000000000000:role/any",
        Timeout: 60,
        Code: {
          ZipFile: await deploymentPackage({
            "index.mjs": "export const handler = async ({ n }) => ({ doubled: n * 2 });",
          }),
        },
      }),
    );
    await waitUntilFunctionActiveV2(
      { client: lambda, maxWaitTime: 120, minDelay: 1 },
      { FunctionName: "double" },
    );
    const { Payload, FunctionError } = await lambda.send(
      new InvokeCommand({ FunctionName: "double", Payload: Buffer.from('{"n":21}') }),
    );
    assert.equal(FunctionError, undefined);
    return JSON.parse(Buffer.from(Payload ?? []).toString());
  } finally {
    lambda.destroy();
  }
}

test("npx lambkin start runs a function without a compiler, and leaves nothing when it is stopped", async () => {
  const bare = path.join(folder, "bare-cache");
  const child = spawn("npx", ["--no-install", "lambkin", "start", "--ephemeral", "--port", "0", "--json"], {
    cwd: user,
    env: { ...environment, XDG_CACHE_HOME: bare },
    stdio: ["ignore", "pipe", "inherit"],
    // A group of its own, because npx puts a shell between.
    detached: true,
  });
  const exited = once(child, "exit");
  try {
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const ready = JSON.parse((await lines.next()).value ?? "{}") as {
      event: string;
      endpoint: string;
      pid: number;
    };
    assert.equal(ready.event, "ready");
    const answer = await invokeOnce({
      endpoint: ready.endpoint,
      region: "us-east-1",
      credentials: { accessKeyId: "test", secretAccessKey: "test" },
    });
    assert.deepEqual(answer, { doubled: 42 });
    const compiled = existsSync(path.join(bare, "lambkin"))
      ? readdirSync(path.join(bare, "lambkin")).filter((name) => name.startsWith("spawner-"))
      : [];
    assert.deepEqual(compiled, [], "the spawner of the package is used");
    process.kill(ready.pid, "SIGTERM");
    assert.deepEqual(JSON.parse((await lines.next()).value ?? "{}"), { event: "stopped" });
  } finally {
    if (child.exitCode === null && child.pid !== undefined) process.kill(-child.pid, "SIGTERM");
    await exited;
  }
});

const PLAIN_PROGRAM = `
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { start } from "lambkin";
import { LambdaClient, ListFunctionsCommand } from "@aws-sdk/client-lambda";

const signals = process.listenerCount("SIGINT") + process.listenerCount("SIGTERM");
const exits = process.listenerCount("exit");
{
  await using first = await start({ port: 0, ephemeral: true });
  await using second = await start({ region: "eu-west-1", secure: true });
  assert.notEqual(first.port, second.port);
  assert.equal(first.env.AWS_ENDPOINT_URL, first.endpoint);
  assert.equal(second.env.AWS_REGION, "eu-west-1");
  for (const { endpoint, region, credentials } of [first, second]) {
    const lambda = new LambdaClient({ endpoint, region, credentials });
    assert.deepEqual((await lambda.send(new ListFunctionsCommand({}))).Functions, []);
    lambda.destroy();
  }
  const stranger = new LambdaClient({
    endpoint: second.endpoint,
    region: second.region,
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
  });
  await assert.rejects(stranger.send(new ListFunctionsCommand({})));
  stranger.destroy();
  assert.equal(process.listenerCount("SIGINT") + process.listenerCount("SIGTERM"), signals);
  await assert.rejects(start({ port: first.port }), /port \\d+ of 127.0.0.1 is taken/);
  await assert.rejects(start({ ephemeral: true, dataDirectory: "x" }), TypeError);
  await first.close();
  await first.close();
  assert.ok(!existsSync(first.dataDirectory));
}
assert.equal(process.listenerCount("exit"), exits);
// The last request to the file system still counts in the turn in which it ends.
await new Promise(setImmediate);
// What keeps a process alive, and threads and children, which may be there without keeping it alive.
const left = process.getActiveResourcesInfo().filter((name) => !/^(TTYWrap|PipeWrap|Immediate)$/.test(name));
assert.deepEqual(left, []);
assert.deepEqual(readdirSync("/proc/self/task").flatMap((task) => {
  try {
    return readFileSync("/proc/self/task/" + task + "/children", "utf8").split(" ").filter(Boolean);
  } catch {
    return [];
  }
}), []);
process.stdout.write("all of it is gone\\n");
`;

test("several servers run in a program's own process and leave nothing open", async () => {
  // The program is the user's; its SDK is the checkout's.
  writeFileSync(
    path.join(user, "plain.mjs"),
    PLAIN_PROGRAM.replace(
      '"@aws-sdk/client-lambda"',
      JSON.stringify(import.meta.resolve("@aws-sdk/client-lambda")),
    ),
  );
  const { code, stdout, stderr } = await run(process.execPath, ["plain.mjs"], {
    cwd: user,
    env: environment,
  });
  assert.equal(code, 0, stderr);
  assert.match(stdout, /all of it is gone/);
});

test("the types say what the package does", async () => {
  writeFileSync(
    path.join(user, "typed.mts"),
    `import { type LambkinOptions, type RunningLambkin, start } from "lambkin";
const options: LambkinOptions = { port: 0, ephemeral: true };
await using lambkin: RunningLambkin = await start(options);
const { accessKeyId }: { accessKeyId: string } = lambkin.credentials;
const environment: NodeJS.ProcessEnv = { ...process.env, ...lambkin.env };
// @ts-expect-error a port is a number
await start({ port: "4566" });
// @ts-expect-error there is no such option
await start({ prot: 1 });
export { accessKeyId, environment };
`,
  );
  writeFileSync(
    path.join(user, "tsconfig.json"),
    JSON.stringify({
      compilerOptions: {
        strict: true,
        noEmit: true,
        module: "nodenext",
        target: "es2024",
        lib: ["es2024"],
        types: ["node"],
        typeRoots: [path.join(root, "node_modules", "@types")],
        skipLibCheck: false,
        exactOptionalPropertyTypes: true,
      },
      files: ["typed.mts"],
    }),
  );
  const tsc = path.join(root, "node_modules", "typescript", "bin", "tsc");
  const { code, stdout } = await run(process.execPath, [tsc, "-p", "tsconfig.json"], { cwd: user });
  assert.equal(code, 0, stdout);
});

test("an older Node.js gets one sentence", async () => {
  // What the launcher asks of Node.js 20 is its version; nothing newer may be needed to say so.
  const old = path.join(folder, "old.cjs");
  writeFileSync(
    old,
    'Object.defineProperty(process, "version", { value: "v20.19.0" });' +
      'Object.defineProperty(process, "versions", { value: { ...process.versions, node: "20.19.0" } });',
  );
  const system = systemNodes().find((program) => program !== process.execPath);
  for (const [program, ...args] of [
    [process.execPath, "--require", old],
    ...(system === undefined ? [] : [[system]]),
  ] as [string, ...string[]][]) {
    const version = (await run(program, [...args, "-p", "process.versions.node"])).stdout;
    if (Number.parseInt(version, 10) >= 24) continue;
    const { code, stderr, stdout } = await run(program, [
      ...args,
      path.join(installed, "bin", "lambkin.cjs"),
      "help",
    ]);
    assert.equal(code, 1);
    assert.equal(stdout, "");
    assert.match(
      stderr,
      /^lambkin needs Node\.js 24 or later and this is v\d+\.\d+\.\d+: install Node\.js 24\.\n$/,
    );
  }
});

function systemNodes(): string[] {
  return (process.env["PATH"] ?? "")
    .split(path.delimiter)
    .map((directory) => path.join(directory, "node"))
    .filter((program) => existsSync(program));
}
