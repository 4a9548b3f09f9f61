import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Json } from "../../src/storage/index.ts";
import { quiet, type StorageDriver, storageFor } from "./driver.ts";
import { until } from "./until.ts";

const LATENESS_MS = 1_000;

export function timersContract(driver: StorageDriver): void {
  describe("Timers", () => {
    it("fires at the time, not before and at most a second late", async (test) => {
      const { clock, now } = await storageFor(driver, test);
      const fired: [string, Json, number][] = [];
      const start = clock.now();
      now().timers.listen("t/", async (key, payload) => void fired.push([key, payload, clock.now() - start]));
      await now().timers.arm("t/late", start + 90_000, "late");
      await now().timers.arm("t/soon", start + 5_000, { soon: true });
      await now().timers.arm("elsewhere", start + 1_000, null);
      await now().timers.arm("t/past", start - 1, "past");
      await clock.advance(0);
      await until("the past timer fires", () => fired.length === 1);
      await clock.advance(4_999);
      await quiet(now());
      assert.deepEqual(fired, [["t/past", "past", 0]]);
      await clock.advance(LATENESS_MS);
      await until("the first timer fires", () => fired.length === 2);
      assert.deepEqual(fired[1], ["t/soon", { soon: true }, fired[1]?.[2]]);
      await clock.advance(84_000);
      await quiet(now());
      assert.equal(fired.length, 2);
      await clock.advance(LATENESS_MS + 1);
      await until("the second timer fires", () => fired.length === 3);
      for (const [index, at] of [0, 5_000, 90_000].entries()) {
        const late = (fired[index]?.[2] ?? 0) - at;
        assert.ok(late >= 0 && late <= LATENESS_MS, `${late} ms late`);
      }
      await clock.advance(3_600_000);
      await quiet(now());
      assert.equal(fired.length, 3, "a timer that was acknowledged is gone");
    });

    it("keeps timers over a restart and over the time without a listener", async (test) => {
      const storage = await storageFor(driver, test);
      const at = storage.clock.now() + 10_000;
      await storage.now().timers.arm("t/1", at, 1);
      await storage.now().timers.arm("t/2", at + 60_000, 2);
      const { timers } = await storage.reopen();
      await storage.clock.advance(20_000);
      const fired: string[] = [];
      timers.listen("t/", async (key) => void fired.push(key));
      await until("the overdue timer fires", () => fired.length === 1);
      await storage.clock.advance(50_000 + LATENESS_MS);
      await until("the other timer fires", () => fired.length === 2);
      assert.deepEqual(fired, ["t/1", "t/2"]);
    });

    it("forgets a timer that was cancelled, and the old time of one that was armed again", async (test) => {
      const { clock, now } = await storageFor(driver, test);
      const fired: [string, Json][] = [];
      now().timers.listen("t/", async (key, payload) => void fired.push([key, payload]));
      await now().timers.arm("t/cancelled", clock.now() + 1_000, 1);
      await now().timers.arm("t/again", clock.now() + 1_000, "old");
      await now().timers.cancel("t/cancelled");
      await now().timers.cancel("t/never-armed");
      await now().timers.arm("t/again", clock.now() + 8_000, "new");
      await clock.advance(7_999);
      await quiet(now());
      assert.equal(fired.length, 0);
      await clock.advance(LATENESS_MS);
      await until("the timer fires at its new time", () => fired.length === 1);
      assert.deepEqual(fired, [["t/again", "new"]]);
    });

    it("fires again until the callback succeeds, and keeps what the callback arms", async (test) => {
      const { clock, now } = await storageFor(driver, test);
      let calls = 0;
      let armed = false;
      now().timers.listen("t/", async (key) => {
        calls += 1;
        if (calls < 3) throw new Error("not yet");
        if (calls > 3) return;
        await now().timers.arm(key, clock.now() + 10_000, "again");
        armed = true;
      });
      await now().timers.arm("t/1", clock.now(), null);
      await clock.advance(0);
      await until("the timer fires", () => calls === 1);
      await until("it is tried until it succeeds", async () => {
        await clock.advance(1_000);
        return armed;
      });
      await clock.advance(11_000);
      await until("the timer that the callback armed fires", () => calls === 4);
      await clock.advance(3_600_000);
      await quiet(now());
      assert.equal(calls, 4);
    });

    it("calls nobody who has stopped listening", async (test) => {
      const { clock, now } = await storageFor(driver, test);
      const fired: string[] = [];
      const stop = now().timers.listen("t/", async (key) => void fired.push(`first ${key}`));
      stop();
      await now().timers.arm("t/1", clock.now(), null);
      await clock.advance(5_000);
      await quiet(now());
      assert.equal(fired.length, 0);
      now().timers.listen("t/", async (key) => void fired.push(`second ${key}`));
      await until("the next listener hears of it", () => fired.length === 1);
      assert.deepEqual(fired, ["second t/1"]);
    });
  });
}
