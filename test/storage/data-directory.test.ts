import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { it, type TestContext } from "node:test";
import { takeLock } from "../../src/storage/exclusive-lock.ts";
import { openDataDirectory, StorageError } from "../../src/storage/index.ts";

async function folderFor(context: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "lambkin-data-"));
  context.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A process that opens a data directory, says what came of it, and stays. */
async function startHolder(
  context: TestContext,
  options: { path: string; ephemeral: boolean },
): Promise<{ readonly child: ChildProcess; readonly said: string }> {
  const program = join(import.meta.dirname, "programs", "hold-data-directory.ts");
  const child = spawn(process.execPath, [program, JSON.stringify({ ...options, version: 1 })], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  context.after(() => child.kill("SIGKILL"));
  const [said] = (await once(createInterface(child.stdout), "line")) as [string];
  return { child, said };
}

async function kill(child: ChildProcess): Promise<void> {
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
}

const refusal =
  (code: string, text: RegExp) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof StorageError);
    assert.equal(error.code, code);
    assert.match(error.message, text);
    return true;
  };

it("makes a private directory with a format and a key that stay", async (test) => {
  const path = join(await folderFor(test), "deeply", "nested");
  const first = await openDataDirectory({ path, ephemeral: false, version: 1 });
  assert.equal(first.path, path);
  assert.equal(first.masterKey.byteLength, 32);
  assert.equal((await stat(path)).mode & 0o777, 0o700);
  assert.equal((await stat(join(path, "master.key"))).mode & 0o777, 0o600);
  assert.deepEqual(JSON.parse(await readFile(join(path, "format.json"), "utf8")), { version: 1 });
  await first.close();
  await chmod(join(path, "master.key"), 0o644);
  const second = await openDataDirectory({ path, ephemeral: false, version: 1 });
  assert.deepEqual(Buffer.from(second.masterKey), Buffer.from(first.masterKey));
  assert.equal((await stat(join(path, "master.key"))).mode & 0o777, 0o600);
  await second.close();
});

it("makes an existing empty directory private, and keeps out of others", async (test) => {
  const folder = await folderFor(test);
  const empty = join(folder, "empty");
  await mkdir(empty, { mode: 0o755 });
  await (await openDataDirectory({ path: empty, ephemeral: false, version: 1 })).close();
  assert.equal((await stat(empty)).mode & 0o777, 0o700);
  await writeFile(join(folder, "letter.txt"), "dear all");
  const interrupted = join(folder, "interrupted");
  await mkdir(interrupted);
  const lock = takeLock(join(interrupted, "lock"), 0);
  assert.deepEqual(await readdir(interrupted), ["lock"], "a start that is killed here leaves nothing else");
  lock?.release();
  await (await openDataDirectory({ path: interrupted, ephemeral: false, version: 1 })).close();
  await assert.rejects(
    openDataDirectory({ path: folder, ephemeral: false, version: 1 }),
    /is not a Lambkin data directory.*(letter\.txt|empty|interrupted)/,
  );
  assert.deepEqual((await readdir(folder)).sort(), ["empty", "interrupted", "letter.txt"]);
});

it("refuses a newer format, naming both, and a damaged one", async (test) => {
  const path = join(await folderFor(test), "data");
  await (await openDataDirectory({ path, ephemeral: false, version: 3 })).close();
  await assert.rejects(
    openDataDirectory({ path, ephemeral: false, version: 2 }),
    refusal("newer-format", /data format 3 and .* up to 2\b/),
  );
  await (await openDataDirectory({ path, ephemeral: false, version: 3 })).close();
  for (const damage of ["", "{", '{"version":"1"}', '{"version":0}', "null"]) {
    await writeFile(join(path, "format.json"), damage);
    await assert.rejects(
      openDataDirectory({ path, ephemeral: false, version: 3 }),
      refusal("corrupt", /format\.json/),
    );
  }
  await writeFile(join(path, "format.json"), '{"version":3}');
  await writeFile(join(path, "master.key"), "short");
  await assert.rejects(
    openDataDirectory({ path, ephemeral: false, version: 3 }),
    refusal("corrupt", /master\.key/),
  );
});

it("keeps a second process out until the first is gone, even if it was killed", async (test) => {
  const path = join(await folderFor(test), "data");
  const holder = await startHolder(test, { path, ephemeral: false });
  assert.equal(holder.said, `open ${path}`);
  await assert.rejects(
    openDataDirectory({ path, ephemeral: false, version: 1 }),
    refusal("busy", new RegExp(`in use by the process with pid ${holder.child.pid}:`)),
  );
  const second = await startHolder(test, { path, ephemeral: false });
  assert.match(second.said, new RegExp(`^refused .*pid ${holder.child.pid}`));
  await kill(holder.child);
  const mine = await openDataDirectory({ path, ephemeral: false, version: 1 });
  await assert.rejects(
    openDataDirectory({ path, ephemeral: false, version: 1 }),
    refusal("busy", new RegExp(`pid ${process.pid}:`)),
  );
  await mine.close();
  await (await openDataDirectory({ path, ephemeral: false, version: 1 })).close();
});

it("lets exactly one of many concurrent starts in", async (test) => {
  const path = join(await folderFor(test), "data");
  const starts = await Promise.all(
    Array.from({ length: 4 }, () => startHolder(test, { path, ephemeral: false })),
  );
  assert.equal(starts.filter(({ said }) => said.startsWith("open")).length, 1);
});

it("removes an ephemeral directory at its end, or at the next start if its owner was killed", async (test) => {
  const path = await folderFor(test);
  const killed = await startHolder(test, { path, ephemeral: true });
  const alive = await startHolder(test, { path, ephemeral: true });
  const [killedAt, aliveAt] = [killed.said.slice("open ".length), alive.said.slice("open ".length)];
  assert.notEqual(killedAt, aliveAt);
  await kill(killed.child);
  await writeFile(join(killedAt, "state.db"), "left behind");
  await symlink(path, join(killedAt, "link"));
  const mine = await openDataDirectory({ path, ephemeral: true, version: 1 });
  assert.equal(mine.masterKey.byteLength, 32);
  await assert.rejects(stat(killedAt), { code: "ENOENT" });
  assert.ok((await stat(join(aliveAt, "format.json"))).isFile(), "the living keep theirs");
  await mine.close();
  await assert.rejects(stat(mine.path), { code: "ENOENT" });
  alive.child.stdin?.end();
  await once(alive.child, "exit");
  await assert.rejects(stat(aliveAt), { code: "ENOENT" });
});

it("removes what it kept for a time, also of an ordinary user with read-only directories in it", async (context) => {
  const folder = await folderFor(context);
  await chmod(folder, 0o777);
  const door = join(import.meta.dirname, "../../src/storage/index.ts");
  const program = `
    import { chmod, mkdir, writeFile } from "node:fs/promises";
    import { openDataDirectory } from ${JSON.stringify(door)};
    const data = await openDataDirectory({ path: ${JSON.stringify(join(folder, "home"))}, ephemeral: true, version: 1 });
    await mkdir(data.path + "/packages/one", { recursive: true });
    await writeFile(data.path + "/packages/one/index.js", "");
    await chmod(data.path + "/packages/one", 0o555);
    await data.close();`;
  const user = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
  const child = spawn(process.execPath, ["--input-type=module", "--eval", program], {
    ...user,
    stdio: ["ignore", "ignore", "inherit"],
  });
  assert.deepEqual(await once(child, "exit"), [0, null]);
  const left = (await readdir(join(folder, "home"))).filter((name) => name !== "ephemeral.lock");
  assert.deepEqual(left, []);
});
