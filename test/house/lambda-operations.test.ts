import assert from "node:assert/strict";
import { test } from "node:test";
import { OPERATIONS } from "../../src/functions/operations/index.ts";
import { operations as INVOKING } from "../../src/invoke/operations/index.ts";
import { loadModel } from "../../src/wire/model/registry.ts";

test("every operation of Lambda's model is in one of the two lists, and none in both", async () => {
  const { operations } = await loadModel("lambda");
  assert.ok(operations.size >= 85, `the model has ${operations.size} operations`);
  const listed = [...Object.keys(OPERATIONS), ...Object.keys(INVOKING)].sort((a, b) => a.localeCompare(b));
  const modelled = [...operations.keys()].sort((a, b) => a.localeCompare(b));
  assert.deepEqual(listed, modelled);
});
