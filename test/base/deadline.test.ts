import assert from "node:assert/strict";
import { test } from "node:test";
import { Deadline } from "../../src/base/deadline.ts";
import type { Clock } from "../../src/base/index.ts";
import { SimulatedClock } from "../../testkit/simulated-clock.ts";

test("a deadline within a millisecond is reached by a clock whose timers know only whole ones", async () => {
  const time = new SimulatedClock();
  let armed = 0;
  const clock: Clock = {
    now: () => time.now(),
    monotonicMs: () => time.monotonicMs(),
    after(delayMs, callback) {
      armed += 1;
      assert.ok(armed < 10, "it is armed again and again");
      return time.after(Math.trunc(delayMs), callback);
    },
  };
  const reachedAt: number[] = [];
  const deadline = new Deadline(clock);
  deadline.set(12.25, () => {
    reachedAt.push(time.monotonicMs());
  });
  await time.advance(12);
  assert.deepEqual(reachedAt, []);
  await time.advance(2);
  assert.deepEqual(reachedAt, [13]);
});
