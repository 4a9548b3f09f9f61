import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it, type TestContext } from "node:test";
import { type FormatStep } from "../../src/storage/data-format.ts";
import { DATA_FORMAT, FORMAT_STEPS, openDataDirectory, StorageError } from "../../src/storage/index.ts";

async function directoryOfFormat(context: TestContext, version: number): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "lambkin-format-"));
  context.after(() => rm(path, { recursive: true, force: true }));
  await writeFile(join(path, "format.json"), JSON.stringify({ version }));
  return path;
}

const open = (path: string, version: number, steps: readonly FormatStep[]) =>
  openDataDirectory({ path, ephemeral: false, version, steps });

const formatOf = async (path: string) =>
  JSON.parse(await readFile(join(path, "format.json"), "utf8")) as unknown;

const refusal = (code: string, text: RegExp) => (error: unknown) => {
  assert.ok(error instanceof StorageError);
  assert.equal(error.code, code);
  assert.match(error.message, text);
  return true;
};

/** Formats that were never released: 2 keeps a greeting, 3 keeps it in upper case. */
const STEPS: readonly FormatStep[] = [
  { to: 2, run: (directory) => writeFile(join(directory, "greeting"), "hello") },
  {
    to: 3,
    async run(directory) {
      const greeting = await readFile(join(directory, "greeting"), "utf8");
      await writeFile(join(directory, "greeting"), greeting.toUpperCase());
    },
  },
];

it("brings a directory up to date step by step, once", async (test) => {
  const path = await directoryOfFormat(test, 1);
  await (await open(path, 3, STEPS)).close();
  assert.deepEqual(await formatOf(path), { version: 3 });
  assert.equal(await readFile(join(path, "greeting"), "utf8"), "HELLO");
  await writeFile(join(path, "greeting"), "kept");
  await (await open(path, 3, STEPS)).close();
  assert.equal(await readFile(join(path, "greeting"), "utf8"), "kept");
});

it("goes on after the step that failed", async (test) => {
  const path = await directoryOfFormat(test, 1);
  const failing: FormatStep[] = [
    STEPS[0] as FormatStep,
    { to: 3, run: () => Promise.reject(new Error("no")) },
  ];
  await assert.rejects(open(path, 3, failing), /no/);
  assert.deepEqual(await formatOf(path), { version: 2 });
  const onlySecond = STEPS.slice(1);
  await (await open(path, 3, onlySecond)).close();
  assert.equal(await readFile(join(path, "greeting"), "utf8"), "HELLO");
});

it("refuses a format without a step, a newer one and one that is being emptied, and changes nothing", async (test) => {
  const path = await directoryOfFormat(test, 1);
  await assert.rejects(open(path, 3, STEPS.slice(1)), refusal("older-format", /earlier version/));
  assert.deepEqual(await formatOf(path), { version: 1 });
  await writeFile(join(path, "format.json"), '{"version":4}');
  await assert.rejects(open(path, 3, STEPS), refusal("newer-format", /data format 4 .* up to 3/));
  await writeFile(join(path, "format.json"), '{"version":3,"emptying":true}');
  await assert.rejects(open(path, 3, STEPS), refusal("corrupt", /lambkin reset/));
  assert.equal((await readdir(path)).includes("greeting"), false);
});

it("has a step to each format after the first", () => {
  assert.deepEqual(
    FORMAT_STEPS.map(({ to }) => to),
    Array.from({ length: DATA_FORMAT - 1 }, (_, index) => index + 2),
  );
});
