import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { after, test } from "node:test";
import { eventually } from "../../testkit/eventually.ts";
import { run } from "../../testkit/lambkin-server.ts";

const root = path.join(import.meta.dirname, "..", "..");
const folder = mkdtempSync(path.join(os.tmpdir(), "lambkin-launcher-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Makes whatever runs a launcher look like Node.js 20 to it; what the launcher starts is not touched. */
const pretence = path.join(folder, "twenty.cjs");
writeFileSync(
  pretence,
  `if (process.env.LAMBKIN_LAUNCHER === undefined) {
  Object.defineProperty(process, "version", { value: "v20.19.0" });
  Object.defineProperty(process, "versions", { value: { ...process.versions, node: "20.19.0" } });
}
`,
);

/** The machine's own Node.js if it is too old for Lambkin, else this one in disguise. */
const oldNode = await findOldNode();
async function findOldNode(): Promise<readonly [string, ...string[]]> {
  for (const directory of (process.env["PATH"] ?? "").split(path.delimiter)) {
    const program = path.join(directory, "node");
    if (!existsSync(program)) continue;
    const { stdout } = await run(program, ["-p", "process.versions.node"]);
    if (Number.parseInt(stdout, 10) < 24) return [program];
  }
  return [process.execPath, "--require", pretence];
}

function launch(entry: string, ...args: readonly string[]): ChildProcess {
  const [program, ...options] = oldNode;
  return spawn(program, [...options, ...entryPoint(entry), ...args], {
    cwd: root,
    stdio: ["ignore", "pipe", "inherit"],
  });
}

function entryPoint(entry: string): string[] {
  return entry === "lambkin"
    ? [path.join(root, "bin", "lambkin.cjs")]
    : [path.join(root, "bin", "launch.cjs"), entry];
}

function program(name: string, text: string): string {
  const file = path.join(folder, name);
  writeFileSync(file, text);
  return file;
}

async function firstLine(child: ChildProcess): Promise<string> {
  assert.ok(child.stdout !== null);
  for await (const line of createInterface({ input: child.stdout })) {
    child.stdout.resume();
    return line;
  }
  throw new Error("it said nothing");
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

const startServer = () => launch("lambkin", "start", "--ephemeral", "--port", "0", "--json");

test("an old Node.js hands over to the checkout's own", async () => {
  const child = launch(
    program("version.mjs", "console.log(process.versions.node, process.argv.slice(2).join())"),
    "a",
    "b c",
  );
  const line = await firstLine(child);
  assert.match(line, /^(2[4-9]|[3-9]\d)\.\S+ a,b c$/);
});

test("exit codes pass through", async () => {
  for (const code of [0, 1, 2, 77]) {
    const child = launch(program(`exit-${code}.mjs`, `process.exit(${code})`));
    assert.deepEqual(await once(child, "exit"), [code, null]);
  }
  const killed = launch(program("killed.mjs", 'process.kill(process.pid, "SIGKILL")'));
  assert.deepEqual(await once(killed, "exit"), [null, "SIGKILL"]);
});

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  test(`${signal} ends the server in order`, async () => {
    const child = startServer();
    const exited = once(child, "exit");
    const { pid, endpoint } = JSON.parse(await firstLine(child)) as { pid: number; endpoint: string };
    assert.notEqual(pid, child.pid, "the server is a process of its own");
    child.kill(signal);
    assert.deepEqual(await exited, [0, null]);
    assert.equal(isRunning(pid), false);
    await assert.rejects(fetch(`${endpoint}/_lambkin/health`));
  });
}

test("the server goes with a launcher that is killed", async () => {
  const child = startServer();
  const { pid } = JSON.parse(await firstLine(child)) as { pid: number };
  child.kill("SIGKILL");
  await once(child, "exit");
  await eventually(() => !isRunning(pid) || undefined, { what: "the end of the server" });
});

test("the server goes when the launcher of npm run is killed behind its shell", async () => {
  const [node, ...options] = oldNode;
  const line = [node, ...options, ...entryPoint("lambkin"), "start", "--ephemeral", "--port", "0", "--json"];
  // npm starts a script in a shell; the word after it keeps the shell from becoming the launcher, which tells its id first.
  const shell = spawn(
    "/bin/sh",
    ["-c", `/bin/sh -c 'echo "$$"; exec "$@"' launcher "$@"; true`, "npm", ...line],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  const exited = once(shell, "exit");
  const lines = createInterface({ input: shell.stdout })[Symbol.asyncIterator]();
  const launcher = Number((await lines.next()).value);
  const { pid } = JSON.parse((await lines.next()).value ?? "{}") as { pid: number };
  process.kill(launcher, "SIGKILL");
  await eventually(() => !isRunning(pid) || undefined, { what: "the end of the server" });
  await exited;
});

test("where nothing can run it, one sentence says what to do", async () => {
  const checkout = path.join(folder, "checkout");
  mkdirSync(path.join(checkout, "bin"), { recursive: true });
  mkdirSync(path.join(checkout, "src"));
  for (const name of ["lambkin.cjs", "launch.cjs"])
    copyFileSync(path.join(root, "bin", name), path.join(checkout, "bin", name));
  const [node, ...options] = oldNode;
  const { code, stdout, stderr } = await run(node, [
    ...options,
    path.join(checkout, "bin", "lambkin.cjs"),
    "start",
  ]);
  assert.equal(code, 1);
  assert.equal(stdout, "");
  assert.match(
    stderr,
    /^lambkin needs Node\.js 24 or later and this is v\d+\S+: install Node\.js 24, or run `npm ci` .*\.\n$/,
  );
});
