import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { it, type TestContext } from "node:test";
import { silentLog, systemClock, systemRandomness } from "../../src/base/index.ts";
import { openSqliteStorage, type Storage, StorageError } from "../../src/storage/index.ts";

async function directoryFor(context: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "lambkin-blobs-"));
  context.after(() => rm(directory, { recursive: true }));
  return directory;
}

const openIn = (directory: string): Promise<Storage> =>
  openSqliteStorage({ directory, clock: systemClock, randomness: systemRandomness, log: silentLog });
const isCorrupt = (error: unknown): boolean => error instanceof StorageError && error.code === "corrupt";

it("notices bytes that changed on the disk, and heals by storing them again", async (test) => {
  const directory = await directoryFor(test);
  const first = await openIn(directory);
  const content = Buffer.alloc(200_000, "x");
  const { sha256 } = await first.blobs.put(content);
  await first.close();
  const file = join(directory, "blobs", sha256.slice(0, 2), sha256);
  const damages = [
    () => truncate(file, 100_000),
    () => writeFile(file, Buffer.concat([content.subarray(1), Buffer.from("y")])),
  ];
  for (const damage of damages) {
    await damage();
    const storage = await openIn(directory);
    const { blobs } = storage;
    await assert.rejects(blobs.ensureLocal(sha256), isCorrupt);
    await assert.rejects(buffer(await blobs.open(sha256)), isCorrupt);
    await blobs.put(content);
    assert.deepEqual(await readFile(await blobs.ensureLocal(sha256)), content);
    await storage.close();
  }
});

it("leaves no half-written file behind, neither at a failure nor after a kill", async (test) => {
  const directory = await directoryFor(test);
  const storage = await openIn(directory);
  const { blobs } = storage;
  const failing = new Readable({
    read() {
      this.push(Buffer.alloc(1_000));
      this.destroy(new Error("cut off"));
    },
  });
  await assert.rejects(blobs.put(failing), /cut off/);
  assert.deepEqual(await readdir(join(directory, "blobs")), []);
  const text = Readable.from(["not bytes"]);
  await assert.rejects(blobs.put(text), /bytes/);
  await storage.close();
  await writeFile(join(directory, "blobs", "unfinished-0123"), "left by a process that was killed");
  const again = await openIn(directory);
  assert.deepEqual(await readdir(join(directory, "blobs")), []);
  await again.close();
});
