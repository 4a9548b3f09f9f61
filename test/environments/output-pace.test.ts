import assert from "node:assert/strict";
import { PassThrough, Readable } from "node:stream";
import { describe, it } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { environmentLimits } from "../../src/base/index.ts";
import { OutputPace } from "../../src/environments/output-pace.ts";
import { OutputTurn } from "../../src/environments/output-turn.ts";
import { SimulatedClock } from "../../testkit/simulated-clock.ts";

const { outputBurstBytes, outputBytesPerSecond, outputEventLeastBytes } = environmentLimits;
const CHUNK = Buffer.alloc(64 * 1024, "x");

/** A pipe that is never empty, read at the pace of `pace`. */
function flood(pace: OutputPace, eventsOfChunk = 1) {
  const pipe = new Readable({ read: () => setImmediate(() => pipe.push(CHUNK)) });
  const flooded = { pipe, bytes: 0 };
  pipe.on("data", (bytes: Buffer) => {
    flooded.bytes += bytes.length;
    pace.read(pipe, bytes.length, eventsOfChunk);
  });
  return flooded;
}

async function turns(until: () => boolean): Promise<void> {
  for (let turn = 0; turn < 2_000 && !until(); turn++) await nextTurn();
}

/** Lets simulated time go by in small steps, each with all that it sets off. */
async function pass(clock: SimulatedClock, ms: number, quiet: () => boolean): Promise<void> {
  for (let at = 0; at < ms; at += 10) {
    await clock.advance(10);
    await turns(quiet);
  }
}

describe("pace of output", () => {
  it("lets a burst through at once, and then so many bytes a second", async () => {
    const clock = new SimulatedClock();
    const flooded = flood(new OutputPace(clock));
    const held = () => flooded.pipe.isPaused();
    await turns(held);
    assert.ok(held(), "the pipe is not read any more");
    assert.ok(Math.abs(flooded.bytes - outputBurstBytes) <= CHUNK.length, `${flooded.bytes} bytes`);
    const before = flooded.bytes;
    await pass(clock, 4_000, held);
    const rate = (flooded.bytes - before) / 4;
    assert.ok(Math.abs(rate / outputBytesPerSecond - 1) < 0.05, `${rate} bytes a second`);
  });

  it("counts short lines as more than their bytes", async () => {
    const clock = new SimulatedClock();
    const flooded = flood(new OutputPace(clock), CHUNK.length);
    await turns(() => flooded.pipe.isPaused());
    const bytes = outputBurstBytes / outputEventLeastBytes;
    assert.ok(flooded.bytes - bytes <= CHUNK.length, `${flooded.bytes} bytes`);
  });

  it("is one for all processes of an environment", async () => {
    const pace = new OutputPace(new SimulatedClock());
    const [one, other] = [flood(pace), flood(pace)];
    await turns(() => one.pipe.isPaused() && other.pipe.isPaused());
    assert.ok(one.bytes + other.bytes - outputBurstBytes <= 2 * CHUNK.length);
  });

  it("reads a part of all output in a turn of the event loop, and the rest in the next ones", async () => {
    const clock = new SimulatedClock();
    const turn = new OutputTurn();
    // All there at once, as from pipes that are as large as they can be.
    const chunks = 16;
    const pipes = Array.from({ length: 4 }, () => Readable.from(Array.from({ length: chunks }, () => CHUNK)));
    let [read, largest] = [0, 0];
    for (const pipe of pipes) {
      const pace = new OutputPace(clock, turn);
      pipe.on("data", (bytes: Buffer) => {
        read += bytes.length;
        pace.read(pipe, bytes.length, 1);
      });
    }
    const ended = () => pipes.every(({ readableEnded }) => readableEnded);
    for (let turns = 0; turns < 2_000 && !ended(); turns++) {
      const before = read;
      await nextTurn();
      largest = Math.max(largest, read - before);
    }
    assert.equal(read, pipes.length * chunks * CHUNK.length, "all of it, without time going by");
    // The one that passes the measure of the turn, and one of each other pipe that was on its way.
    const most = environmentLimits.outputBytesOfTurn + pipes.length * CHUNK.length;
    assert.ok(largest <= most, `${largest} bytes in one turn`);
  });

  it("leaves ordinary output alone, for as long as it is ordinary", async () => {
    const clock = new SimulatedClock();
    const pace = new OutputPace(clock);
    const pipe = new PassThrough();
    for (let second = 0; second < 600; second++) {
      pace.read(pipe, outputBytesPerSecond, 1_000);
      assert.equal(pipe.isPaused(), false);
      await clock.advance(1_000);
    }
  });

  it("reads what is in the pipe while it is lifted, and has it made up for afterwards", async () => {
    const clock = new SimulatedClock();
    const pace = new OutputPace(clock);
    const flooded = flood(pace);
    const held = () => flooded.pipe.isPaused();
    await turns(held);
    const before = flooded.bytes;
    pace.lift();
    await turns(() => flooded.bytes - before >= outputBytesPerSecond);
    pace.restore();
    await turns(held);
    assert.ok(held(), "it waits again");
    const ahead = flooded.bytes - before;
    assert.ok(ahead >= outputBytesPerSecond, "it was read in no time");
    const after = flooded.bytes;
    await pass(clock, 900, held);
    assert.equal(flooded.bytes, after, "and that second was its own");
  });

  it("loses nothing of a process that ended while it was held", async () => {
    const clock = new SimulatedClock();
    const pace = new OutputPace(clock);
    const pipe = new PassThrough();
    let read = 0;
    pipe.on("data", (bytes: Buffer) => {
      read += bytes.length;
      pace.read(pipe, bytes.length, 1);
    });
    pace.read(pipe, outputBurstBytes + outputBytesPerSecond, 1);
    pipe.end(Buffer.alloc(10_000));
    for (let turn = 0; turn < 10; turn++) await nextTurn();
    assert.equal(read, 0);
    await pass(clock, 1_100, () => pipe.readableEnded);
    assert.equal(read, 10_000);
    assert.ok(pipe.readableEnded);
  });
});
