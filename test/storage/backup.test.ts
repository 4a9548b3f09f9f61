import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { it, type TestContext } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { systemRandomness } from "../../src/base/index.ts";
import { FileBlobStore } from "../../src/storage/blob-store.ts";
import { backUp, restoreBackup } from "../../src/storage/index.ts";

const BACKUPS = 8;

async function folderFor(context: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "lambkin-backup-"));
  context.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function dataIn(folder: string): Promise<string> {
  const data = join(folder, "data");
  await mkdir(data);
  await writeFile(join(data, "format.json"), '{"version":1}\n');
  return data;
}

function counter(file: string): DatabaseSync {
  const database = new DatabaseSync(file);
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF");
  database.exec("CREATE TABLE counter (n INTEGER); INSERT INTO counter VALUES (0)");
  return database;
}

const counted = (file: string): number => {
  const database = new DatabaseSync(file, { readOnly: true });
  const { n } = database.prepare("SELECT n FROM counter").get() as { n: number };
  database.close();
  return n;
};

const at = "2026-01-01T00:00:00.000Z";

it("copies all databases as they are at one moment, while they are written to", async (test) => {
  const folder = await folderFor(test);
  const data = await dataIn(folder);
  // Counted up one after the other: at any moment the first is equal to the last or one ahead.
  const names = ["a.db", "b.db", "c.sqlite"];
  const counters = names.map((name) => counter(join(data, name)));
  const ended = new AbortController();
  const writing = (async () => {
    for (let n = 1; !ended.signal.aborted; n++) {
      for (const database of counters) database.exec(`UPDATE counter SET n = ${n}`);
      await nextTurn();
    }
  })();
  try {
    for (let number = 0; number < BACKUPS; number++) {
      const target = join(folder, `backup-${number}`);
      await backUp({ dataDirectory: data, target, createdAt: at });
      const [first = 0, second = 0, third = 0] = names.map((name) => counted(join(target, "data", name)));
      assert.ok(first > 0, "the control: something was written");
      assert.ok(
        first >= second && second >= third && first - third <= 1,
        `${first}, ${second} and ${third} were never together`,
      );
    }
  } finally {
    ended.abort();
    await writing;
    for (const database of counters) database.close();
  }
});

it("follows no links, leaves out what belongs to a run, and restores the rest", async (test) => {
  const folder = await folderFor(test);
  const data = await dataIn(folder);
  await mkdir(join(data, "s3", "objects", "incoming"), { recursive: true });
  await mkdir(join(data, "s3", "objects", "0a"), { recursive: true });
  await mkdir(join(data, "packages"));
  for (const name of ["lock", "server.json", "packages/x", "s3/objects/incoming/half", "s3/objects/0a/whole"])
    await writeFile(join(data, name), name);
  await symlink("/etc/hostname", join(data, "link"));
  const target = join(folder, "backup");
  const report = await backUp({ dataDirectory: data, target, createdAt: at });
  assert.equal(report.files, 2);
  const restored = join(folder, "restored");
  const { createdAt } = await restoreBackup({ backup: target, dataDirectory: restored });
  assert.equal(createdAt, at);
  assert.deepEqual((await readdir(restored)).sort(), ["format.json", "lock", "s3"]);
  assert.equal(await readFile(join(restored, "s3", "objects", "0a", "whole"), "utf8"), "s3/objects/0a/whole");
});

it("leaves nothing of a backup that fails", async (test) => {
  const folder = await folderFor(test);
  const data = await dataIn(folder);
  await writeFile(
    join(data, "broken.db"),
    "this is no database at all, however long one reads in it".repeat(100),
  );
  await assert.rejects(
    backUp({ dataDirectory: data, target: join(folder, "backup"), createdAt: at }),
    /broken\.db is damaged|not a database/,
  );
  assert.deepEqual(await readdir(folder), ["data"]);
});

it("keeps blobs that are deleted while somebody holds all, and those that come again", async (test) => {
  const folder = await folderFor(test);
  const blobs = await FileBlobStore.open(join(folder, "blobs"), systemRandomness);
  const gone = await blobs.put(Buffer.from("gone"));
  const back = await blobs.put(Buffer.from("back"));
  const first = blobs.hold();
  const second = blobs.hold();
  await blobs.delete(gone.sha256);
  await blobs.delete(back.sha256);
  await blobs.put(Buffer.from("back"));
  await first();
  await first();
  assert.equal(await readFile(await blobs.ensureLocal(gone.sha256), "utf8"), "gone");
  await second();
  await assert.rejects(blobs.open(gone.sha256), { code: "ENOENT" });
  assert.equal(await readFile(await blobs.ensureLocal(back.sha256), "utf8"), "back");
});
