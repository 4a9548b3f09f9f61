import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { findRuntimes } from "../../src/runtimes/index.ts";
import { ProbeMemory } from "../../src/runtimes/probe-memory.ts";

const folder = mkdtempSync(path.join(os.tmpdir(), "lambkin-memory-"));
after(() => rmSync(folder, { recursive: true, force: true }));

test("an answer is remembered until its program changes, or it no longer holds", async () => {
  const program = path.join(folder, "program");
  const file = path.join(folder, "made", "answers.json");
  writeFileSync(program, "one");
  let asked = 0;
  const recall = async (holds?: (answer: string) => Promise<boolean>) => {
    const memory = new ProbeMemory(file);
    const answer = await memory.recall(program, "version", async () => `answer ${++asked}`, holds);
    await memory.save();
    return answer;
  };
  assert.equal(await recall(), "answer 1");
  assert.equal(await recall(), "answer 1");
  assert.equal(statSync(file).mode & 0o777, 0o600);
  utimesSync(program, 1, 1);
  assert.equal(await recall(), "answer 2");
  assert.equal(await recall(async () => false), "answer 3");
  writeFileSync(file, "{ damaged");
  assert.equal(await recall(), "answer 4");
  assert.equal(Object.keys(JSON.parse(readFileSync(file, "utf8")) as object).length, 1);
});

test("interpreters are found with a memory as without one", async () => {
  const memoryFile = path.join(folder, "interpreters.json");
  const list = async (file?: string) =>
    (await findRuntimes(file === undefined ? {} : { memoryFile: file })).list();
  const without = await list();
  assert.deepEqual(await list(memoryFile), without);
  assert.deepEqual(await list(memoryFile), without);
});
