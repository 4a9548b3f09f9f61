import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { describe, it } from "node:test";
import { type StorageDriver, storageFor } from "./driver.ts";

const sha256 = (content: Uint8Array | string): string => createHash("sha256").update(content).digest("hex");
const missing = { code: "ENOENT" };

export function blobStoreContract(driver: StorageDriver): void {
  describe("BlobStore", () => {
    it("keeps bytes under their hash, over a restart", async (test) => {
      const storage = await storageFor(driver, test);
      const content = Buffer.from("some bytes\0\xff", "latin1");
      const { blobs } = storage.now();
      const stored = await blobs.put(content);
      assert.deepEqual(stored, { sha256: sha256(content), size: content.byteLength });
      assert.deepEqual(
        await blobs.put(Readable.from([content])),
        stored,
        "the same bytes again, as a stream",
      );
      const empty = await blobs.put(new Uint8Array(0));
      assert.deepEqual(empty, { sha256: sha256(""), size: 0 });
      const again = (await storage.reopen()).blobs;
      for (const [name, bytes] of [
        [stored.sha256, content],
        [empty.sha256, Buffer.alloc(0)],
      ] as const) {
        assert.deepEqual(await buffer(await again.open(name)), bytes);
        assert.deepEqual(await readFile(await again.ensureLocal(name)), bytes);
        assert.deepEqual(await buffer(await again.open(name)), bytes);
      }
    });

    it("stores a stream of many chunks, several at once", async (test) => {
      const { blobs } = (await storageFor(driver, test)).now();
      const chunk = (of: number): Buffer => Buffer.alloc(100_000, of);
      const streams = [1, 2, 3].map((of) =>
        blobs.put(Readable.from(Array.from({ length: 20 }, () => chunk(of)))),
      );
      for (const [index, { sha256: name, size }] of (await Promise.all(streams)).entries()) {
        assert.equal(size, 2_000_000);
        const bytes = await buffer(await blobs.open(name));
        assert.equal(sha256(bytes), name);
        assert.equal(bytes[1_234_567], index + 1);
      }
    });

    it("keeps nothing of a stream that fails", async (test) => {
      const { blobs } = (await storageFor(driver, test)).now();
      const failing = Readable.from(
        (async function* () {
          yield Buffer.from("half");
          throw new Error("the caller went away");
        })(),
      );
      await assert.rejects(blobs.put(failing), /the caller went away/);
      await assert.rejects(blobs.open(sha256("half")), missing);
    });

    it("knows no blob that was not stored, or was deleted, and no path", async (test) => {
      const { blobs } = (await storageFor(driver, test)).now();
      const { sha256: name } = await blobs.put(Buffer.from("short-lived"));
      await blobs.ensureLocal(name);
      await blobs.delete(name);
      await blobs.delete(name);
      for (const absent of [name, sha256("never")]) {
        await assert.rejects(blobs.open(absent), missing);
        await assert.rejects(blobs.ensureLocal(absent), missing);
      }
      for (const path of ["../state.db", `${"0".repeat(62)}/.`, name.toUpperCase(), ""]) {
        await assert.rejects(async () => blobs.open(path));
        await assert.rejects(async () => blobs.ensureLocal(path));
        await assert.rejects(async () => blobs.delete(path));
      }
    });

    it("gives concurrent callers the same local file", async (test) => {
      const storage = await storageFor(driver, test);
      const { sha256: name } = await storage.now().blobs.put(Buffer.alloc(300_000, 7));
      const { blobs } = await storage.reopen();
      const paths = await Promise.all(Array.from({ length: 10 }, () => blobs.ensureLocal(name)));
      assert.equal(new Set(paths).size, 1);
    });
  });
}
