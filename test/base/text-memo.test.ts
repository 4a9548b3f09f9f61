import assert from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { TextMemo } from "../../src/base/index.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

function heapBytes(): number {
  collect();
  return process.memoryUsage().heapUsed;
}

test("keeps a text, and nothing of what it was a part of", () => {
  const [texts, wholeBytes] = [500, 64 * 1_024];
  const memo = new TextMemo((text) => text.slice(4), texts);
  const before = heapBytes();
  for (let n = 0; n < texts; n += 1) {
    const head = Buffer.alloc(wholeBytes, `${n} is a part of what comes`).toString("latin1");
    memo.get(head.slice(0, 40));
  }
  const kept = heapBytes() - before;
  assert.ok(kept < (texts * wholeBytes) / 10, `${kept} bytes of ${texts * wholeBytes}`);
  assert.equal(memo.get("key=value"), "value");
});

test("forgets all when it is full, and gives the same again", () => {
  const made: string[] = [];
  const memo = new TextMemo((text) => {
    made.push(text);
    return text.length;
  }, 2);
  for (const text of ["a", "bb", "a", "ccc", "a"]) assert.equal(memo.get(text), text.length);
  assert.deepEqual(made, ["a", "bb", "ccc", "a"]);
});
