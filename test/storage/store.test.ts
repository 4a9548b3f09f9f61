import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { it, type TestContext } from "node:test";
import { ServiceError, storageLimits } from "../../src/base/index.ts";
import { openStore, StorageError, type Store } from "../../src/storage/index.ts";
import type { store as accounts } from "./stores/accounts.ts";
import type { store as steps } from "./stores/migrated.ts";

const module = new URL("./stores/accounts.ts", import.meta.url);

async function fileFor(context: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "lambkin-store-"));
  context.after(() => rm(directory, { recursive: true }));
  return join(directory, "accounts.db");
}

async function accountsFor(context: TestContext): Promise<Store<typeof accounts>> {
  const store = await openStore<typeof accounts>({ module, file: await fileFor(context) });
  context.after(() => store.close());
  return store;
}

const isStorageError =
  (code: string, text = /./) =>
  (error: unknown): boolean =>
    error instanceof StorageError && error.code === code && text.test(error.message);

it("opens every connection durable and with foreign keys", async (test) => {
  const store = await accountsFor(test);
  assert.deepEqual(await store.read("pragmas", undefined), {
    synchronous: 2,
    journal: "wal",
    foreignKeys: 1,
  });
});

it("takes back a write that throws, and only that one", async (test) => {
  const store = await accountsFor(test);
  await store.write("open", { name: "a", balance: 100 });
  await store.write("open", { name: "b", balance: 0 });
  const moves = Array.from({ length: 40 }, (_, index) =>
    store.write("transfer", { from: "a", to: index % 4 === 0 ? "nobody" : "b", amount: 1 }),
  );
  const outcomes = await Promise.allSettled(moves);
  assert.equal(outcomes.filter(({ status }) => status === "rejected").length, 10);
  assert.equal(await store.read("balance", "a"), 70);
  assert.equal(await store.read("balance", "b"), 30);
});

it("brings a ServiceError across with all that it says, and others as what they are", async (test) => {
  const store = await accountsFor(test);
  await assert.rejects(store.write("transfer", { from: "a", to: "x", amount: 1 }), (error) => {
    assert.ok(error instanceof ServiceError);
    assert.deepEqual(
      [error.code, error.status, error.fault, error.message],
      ["NoSuchAccount", 404, "client", "No account x"],
    );
    assert.deepEqual([error.members, error.headers], [{ Account: "x" }, { "x-a": "1" }]);
    assert.match(error.stack ?? "", /accounts\.ts/);
    return true;
  });
  await store.write("open", { name: "a", balance: 1 });
  await assert.rejects(store.write("open", { name: "a", balance: 1 }), (error) => {
    assert.ok(error instanceof Error && !(error instanceof ServiceError) && !(error instanceof StorageError));
    assert.match(error.message, /UNIQUE constraint failed/);
    return true;
  });
});

it("fails only the call whose argument or result cannot cross", async (test) => {
  const store = await accountsFor(test);
  await store.write("open", { name: "a", balance: 5 });
  const notAName = (() => "a") as unknown as string;
  const outcomes = await Promise.allSettled([
    store.read("balance", "a"),
    store.read("balance", notAName),
    store.read("uncloneable", undefined),
    store.write("slow", undefined),
    store.read("nothing" as "total", undefined),
    store.read("toString" as "total", undefined),
    store.read("balance", "a"),
  ]);
  assert.deepEqual(
    outcomes.map((outcome) => (outcome.status === "fulfilled" ? outcome.value : "rejected")),
    [5, "rejected", "rejected", "rejected", "rejected", "rejected", 5],
  );
});

it("signals after the commit what writes want to be known, and nothing of those that failed", async (test) => {
  const store = await accountsFor(test);
  const heard: string[] = [];
  const stop = store.listen("moved", (detail) => heard.push(detail));
  await store.write("open", { name: "a", balance: 1 });
  await store.write("open", { name: "b", balance: 1 });
  await assert.rejects(store.write("transfer", { from: "b", to: "nobody", amount: 1 }));
  await store.write("transfer", { from: "a", to: "b", amount: 1 });
  assert.deepEqual(heard, ["a"]);
  stop();
  await store.write("transfer", { from: "b", to: "a", amount: 1 });
  assert.deepEqual(heard, ["a"]);
});

it("commits what waits together", async (test) => {
  const file = await fileFor(test);
  const store = await openStore<typeof accounts>({ module, file });
  test.after(() => store.close());
  await store.write("open", { name: "first", balance: 1 });
  const before = commitsIn(`${file}-wal`);
  await Promise.all(
    Array.from({ length: 300 }, (_, index) => store.write("open", { name: `n${index}`, balance: 1 })),
  );
  const commits = commitsIn(`${file}-wal`) - before;
  assert.ok(commits >= 1 && commits <= 3, `300 writes took ${commits} commits`);
  assert.equal(await store.read("total", undefined), 301);
});

/** Frames of a write-ahead log that end a transaction, https://www.sqlite.org/fileformat2.html#walformat */
function commitsIn(file: string): number {
  const log = readFileSync(file);
  const frameBytes = 24 + log.readUInt32BE(8);
  let commits = 0;
  for (let frame = 32; frame + frameBytes <= log.byteLength; frame += frameBytes) {
    if (log.readUInt32BE(frame + 4) !== 0) commits += 1;
  }
  return commits;
}

it("says that the disk is full, keeps the rest of the batch and stays readable", async (test) => {
  const store = await accountsFor(test);
  await store.write("open", { name: "a", balance: 1 });
  await store.write("limitPages", 40);
  const large = Array.from({ length: 3 }, () => store.write("note", { name: "a", bytes: 1_000_000 }));
  const small = Array.from({ length: 5 }, (_, index) =>
    store.write("open", { name: `s${index}`, balance: 1 }),
  );
  const outcomes = await Promise.allSettled([...large, ...small]);
  for (const outcome of outcomes.slice(0, 3)) {
    assert.ok(outcome.status === "rejected" && isStorageError("full")(outcome.reason));
  }
  assert.ok(outcomes.slice(3).every(({ status }) => status === "fulfilled"));
  assert.equal(await store.read("total", undefined), 6);
  await store.write("limitPages", 100_000);
  await store.write("note", { name: "a", bytes: 1_000_000 });
});

it("refuses calls beyond the limit of those that wait", async (test) => {
  const store = await accountsFor(test);
  const most = storageLimits.pendingRequests;
  const calls = Array.from({ length: most + 2 }, () => store.read("balance", "a"));
  const outcomes = await Promise.allSettled(calls);
  const refused = outcomes.filter((outcome) => outcome.status === "rejected");
  assert.equal(refused.length, 2);
  assert.ok(refused.every(({ reason }) => isStorageError("busy")(reason)));
  assert.equal(await store.read("balance", "a"), undefined);
});

it("settles what was called before it was closed, and refuses what comes later", async (test) => {
  const file = await fileFor(test);
  const store = await openStore<typeof accounts>({ module, file });
  const write = store.write("open", { name: "a", balance: 1 });
  const closed = store.close();
  await assert.rejects(store.read("balance", "a"), isStorageError("closed"));
  await Promise.all([write, closed, store.close()]);
  const again = await openStore<typeof accounts>({ module, file });
  assert.equal(await again.read("balance", "a"), 1);
  await again.close();
});

it("brings an older file up to date in order, once", async (test) => {
  const file = await fileFor(test);
  const migrated = new URL("./stores/migrated.ts", import.meta.url);
  const old = new DatabaseSync(file);
  old.exec("CREATE TABLE step (name TEXT); INSERT INTO step VALUES ('one'); PRAGMA user_version = 1");
  old.close();
  for (let start = 0; start < 2; start += 1) {
    const store = await openStore<typeof steps>({ module: migrated, file });
    assert.deepEqual(await store.read("steps", undefined), ["one", "two", "three"]);
    await store.close();
  }
});

it("leaves a file alone whose migration fails", async (test) => {
  const file = await fileFor(test);
  const old = new DatabaseSync(file);
  // The third step finds a table that is in its way, after the second has worked.
  old.exec("CREATE TABLE step (name TEXT); CREATE TABLE in_the_way (x); PRAGMA user_version = 1");
  old.close();
  const migrated = new URL("./stores/migrated.ts", import.meta.url);
  await assert.rejects(
    openStore({ module: migrated, file }),
    /could not be brought from format version 1 to 3.*in_the_way/,
  );
  const after = new DatabaseSync(file);
  assert.deepEqual({ ...after.prepare("PRAGMA user_version").get() }, { user_version: 1 });
  assert.equal(after.prepare("SELECT count(*) AS n FROM step").get()?.["n"], 0);
  after.close();
});

it("refuses a file of a newer version, naming both, and files that are no database", async (test) => {
  const file = await fileFor(test);
  const newer = new DatabaseSync(file);
  newer.exec("PRAGMA user_version = 7");
  newer.close();
  await assert.rejects(
    openStore({ module, file }),
    isStorageError("newer-format", /version 7\b.* up to 1\b/),
  );
  await assert.rejects(openStore({ module, file: import.meta.filename }), isStorageError("corrupt"));
  await assert.rejects(openStore({ module, file: "/nowhere/at/all.db" }), isStorageError("io"));
  await assert.rejects(openStore({ module: new URL("./until.ts", module), file }), /until\.ts/);
});

it("rejects what waits when its thread dies, and tells whoever asked to be told", async (test) => {
  const lost = Promise.withResolvers<StorageError>();
  const store = await openStore<typeof accounts>(
    { module, file: await fileFor(test) },
    { onLost: lost.resolve },
  );
  await store.write("crash", undefined);
  await assert.rejects(
    Promise.all(Array.from({ length: 1_000 }, () => store.read("total", undefined))),
    isStorageError("lost", /made to crash/),
  );
  assert.match((await lost.promise).message, /accounts\.db ended: the thread is made to crash/);
  await assert.rejects(store.read("total", undefined), isStorageError("lost", /made to crash/));
  await store.close();
});

it("ends the process when a thread dies and nobody asked to be told", async (test) => {
  const program = join(import.meta.dirname, "programs", "crash-thread.ts");
  const ended = spawnSync(process.execPath, [program, await fileFor(test)], {
    encoding: "utf8",
    timeout: 120_000,
  });
  assert.equal(ended.status, 1, ended.stderr);
  assert.match(ended.stderr, /StorageError: the thread of .* ended: the thread is made to crash/);
});

it("does not keep a process alive that waits for nothing", async (test) => {
  const program = join(import.meta.dirname, "programs", "forget-to-close.ts");
  const ended = spawnSync(process.execPath, [program, await fileFor(test)], {
    encoding: "utf8",
    timeout: 120_000,
  });
  assert.deepEqual([ended.status, ended.stdout], [0, "written\n"], ended.stderr);
});
