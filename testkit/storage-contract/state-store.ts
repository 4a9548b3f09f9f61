import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Conflict, type Json, type StateChange, type StateStore } from "../../src/storage/index.ts";
import { type StorageDriver, storageFor } from "./driver.ts";

export async function listAll(state: StateStore, prefix: string, limit?: number): Promise<Map<string, Json>> {
  const found = new Map<string, Json>();
  let cursor: string | undefined;
  do {
    const page = await state.list(prefix, {
      ...(cursor === undefined ? {} : { cursor }),
      ...(limit === undefined ? {} : { limit }),
    });
    for (const { key, value } of page.entries) found.set(key, value);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return found;
}

export function stateStoreContract(driver: StorageDriver): void {
  describe("StateStore", () => {
    it("keeps any JSON value under a key, over a restart", async (test) => {
      const storage = await storageFor(driver, test);
      const values: Json[] = [null, false, 0, -1.5, "", 'ä\u{1f600}"\\', [], {}, { a: [1, { b: null }] }];
      for (const [index, value] of values.entries()) await storage.now().state.put(`k/${index}`, value);
      const { state } = await storage.reopen();
      for (const [index, value] of values.entries()) {
        assert.deepEqual((await state.get(`k/${index}`))?.value, value);
      }
      assert.equal(await state.get("k/none"), undefined);
    });

    it("gives every write another revision, also over deletion", async (test) => {
      const { state } = (await storageFor(driver, test)).now();
      const revisions = new Set<string>();
      for (let round = 0; round < 3; round += 1) {
        const rev = await state.put("k", "same");
        assert.deepEqual(await state.get("k"), { key: "k", value: "same", rev });
        revisions.add(rev);
        revisions.add(await state.put("k", "same"));
        assert.equal(await state.delete("k"), true);
      }
      assert.equal(revisions.size, 6);
      assert.equal(await state.get("k"), undefined);
      assert.equal(await state.delete("k"), false);
    });

    it("refuses a write that expects another revision, and leaves the value alone", async (test) => {
      const { state } = (await storageFor(driver, test)).now();
      const first = await state.put("k", 1, { ifRev: "absent" });
      await assert.rejects(state.put("k", 2, { ifRev: "absent" }), Conflict);
      const second = await state.put("k", 2, { ifRev: first });
      await assert.rejects(state.put("k", 3, { ifRev: first }), Conflict);
      await assert.rejects(state.delete("k", { ifRev: first }), Conflict);
      await assert.rejects(state.put("k", 3, { ifRev: "no revision of this store" }), Conflict);
      await assert.rejects(state.put("other", 3, { ifRev: second }), Conflict);
      await assert.rejects(state.delete("other", { ifRev: second }), Conflict);
      assert.deepEqual(await state.get("k"), { key: "k", value: 2, rev: second });
      assert.equal(await state.get("other"), undefined);
      assert.equal(await state.delete("k", { ifRev: second }), true);
      await state.put("k", 2, { ifRev: "absent" });
      await assert.rejects(
        state.put("k", 3, { ifRev: second }),
        Conflict,
        "a key that came back is not the old one",
      );
    });

    it("lets concurrent compare-and-sets lose no update", async (test) => {
      const { state } = (await storageFor(driver, test)).now();
      const wins = await Promise.allSettled(
        Array.from({ length: 20 }, (_, index) => state.put("first", index, { ifRev: "absent" })),
      );
      assert.equal(wins.filter(({ status }) => status === "fulfilled").length, 1);

      await state.put("count", 0);
      const increment = async (): Promise<void> => {
        for (;;) {
          const entry = await state.get("count");
          assert.ok(entry);
          try {
            await state.put("count", (entry.value as number) + 1, { ifRev: entry.rev });
            return;
          } catch (error) {
            if (!(error instanceof Conflict)) throw error;
          }
        }
      };
      await Promise.all(Array.from({ length: 25 }, increment));
      assert.equal((await state.get("count"))?.value, 25);
    });

    it("lists a prefix in the order of UTF-8 bytes", async (test) => {
      const { state } = (await storageFor(driver, test)).now();
      // In UTF-16, the order of JavaScript, the last two are the other way round.
      const inside = ["a/", "a/!", "a/%", "a/0", "a/Z", "a/_", "a/z", "a/ä", "a/\uffee", "a/\u{1f600}"];
      const outside = ["a", "a0", "A/x", "b/x", "%/x", "\u{1f600}"];
      for (const key of [...inside, ...outside].reverse()) await state.put(key, key);
      assert.deepEqual([...(await listAll(state, "a/")).keys()], inside);
      assert.deepEqual([...(await listAll(state, "a/", 1)).keys()], inside);
      assert.deepEqual([...(await listAll(state, "a/%")).keys()], ["a/%"]);
      assert.deepEqual([...(await listAll(state, "none")).keys()], []);
      assert.equal((await listAll(state, "")).size, inside.length + outside.length);
    });

    it("pages: entries greater than the cursor, and a cursor only if there are more", async (test) => {
      const { state } = (await storageFor(driver, test)).now();
      for (const name of ["p/1", "p/2", "p/3", "p/4", "q/1"]) await state.put(name, name);
      const first = await state.list("p/", { limit: 2 });
      assert.deepEqual(
        first.entries.map(({ key }) => key),
        ["p/1", "p/2"],
      );
      assert.ok(first.cursor !== undefined);
      await state.delete("p/2");
      await state.delete("p/3");
      const second = await state.list("p/", { limit: 2, cursor: first.cursor });
      assert.deepEqual(
        second.entries.map(({ key }) => key),
        ["p/4"],
      );
      assert.equal(second.cursor, undefined);
      assert.equal((await state.list("p/", { limit: 2 })).cursor, undefined, "exactly a page full");
      const beyond = await state.list("p/", { cursor: "p/9" });
      assert.deepEqual(beyond, { entries: [] });
      const before = await state.list("q/", { cursor: "a" });
      assert.deepEqual(
        before.entries.map(({ key }) => key),
        ["q/1"],
      );
    });

    it("tells a watcher of every change of its prefix, in order per key, until it stops", async (test) => {
      const storage = await storageFor(driver, test);
      const { state } = storage.now();
      await state.put("w/before", 0);
      const seen: StateChange[] = [];
      const stop = state.watch("w/", (change) => seen.push(change));
      const rev = await state.put("w/a", 1);
      await state.put("elsewhere", 1);
      await Promise.all([state.put("w/a", 2), state.put("w/b", 1), state.put("w/a", 3), state.delete("w/a")]);
      await assert.rejects(state.put("w/b", 2, { ifRev: "absent" }), Conflict);
      await state.delete("w/none");
      await state.put("w/end", 1);
      assert.deepEqual(seen[0], { kind: "put", key: "w/a", value: 1, rev });
      const ofA = seen.filter(({ key }) => key === "w/a").map(({ kind, value }) => [kind, value]);
      assert.deepEqual(ofA, [
        ["put", 1],
        ["put", 2],
        ["put", 3],
        ["delete", undefined],
      ]);
      assert.deepEqual(
        seen.filter(({ key }) => key !== "w/a").map(({ key }) => key),
        ["w/b", "w/end"],
      );
      stop();
      await state.put("w/a", 4);
      assert.equal(seen.at(-1)?.key, "w/end");
    });
  });
}
