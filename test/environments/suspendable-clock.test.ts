import assert from "node:assert/strict";
import { test } from "node:test";
import { SuspendableClock } from "../../src/environments/debugging/suspendable-clock.ts";
import { SimulatedClock } from "../../testkit/simulated-clock.ts";

test("durations and timers stand still while the clock is suspended, the time of day does not", async () => {
  const time = new SimulatedClock();
  const clock = new SuspendableClock(time);
  const began = { monotonic: clock.monotonicMs(), now: clock.now() };
  const fired: string[] = [];
  clock.after(1_000, () => fired.push("before"));
  const cancelled = clock.after(1_000, () => fired.push("cancelled"));
  await time.advance(400);
  clock.suspend();
  clock.suspend();
  clock.after(100, () => fired.push("meanwhile"));
  cancelled.cancel();
  await time.advance(60_000);
  assert.equal(fired.length, 0);
  assert.equal(clock.monotonicMs() - began.monotonic, 400);
  assert.equal(clock.now() - began.now, 60_400);
  clock.resume();
  clock.resume();
  await time.advance(100);
  assert.equal(fired.join(), "meanwhile");
  await time.advance(499);
  assert.equal(fired.join(), "meanwhile");
  await time.advance(1);
  assert.equal(fired.join(), "meanwhile,before");
  assert.equal(clock.monotonicMs() - began.monotonic, 1_000);
  // What was suspended once can be again.
  clock.after(10, () => fired.push("again"));
  clock.suspend();
  await time.advance(5_000);
  clock.resume();
  await time.advance(10);
  assert.equal(fired.join(), "meanwhile,before,again");
});
