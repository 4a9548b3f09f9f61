import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { createLog, systemClock } from "../../src/base/index.ts";
import { DirectoryWatch } from "../../src/development/directory-watch.ts";
import { eventually } from "../../testkit/eventually.ts";

const log = createLog({ level: "error", format: "text", write: (line) => process.stderr.write(line) });

/** A watched directory; `told` is every change so far, one list a reload. */
function watched(files: Readonly<Record<string, string>>, handlers: string[] = [], poll = false) {
  const root = mkdtempSync(path.join(os.tmpdir(), "lambkin-watch-"));
  const write = (file: string, text: string) => {
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    writeFileSync(path.join(root, file), text);
  };
  for (const [file, text] of Object.entries(files)) write(file, text);
  const told: (readonly string[])[] = [];
  const watch = new DirectoryWatch({
    root,
    handlers: () => handlers,
    onChange: (paths) => told.push(paths),
    clock: systemClock,
    log,
    poll,
  });
  return {
    root,
    write,
    told,
    /** Waits until a file that is written now has been told, which what was written before it has been then too. */
    async settled(): Promise<readonly string[]> {
      write("last.txt", String(performance.now()));
      await eventually(() => told.flat().includes("last.txt") || undefined, { what: "the last change" });
      return told.flat().filter((file) => file !== "last.txt");
    },
    [Symbol.dispose]() {
      watch.close();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

for (const poll of [false, true]) {
  const how = poll ? "polling" : "watches";
  test(`${how}: a file that is written, renamed over, made, removed, in old and new directories`, async () => {
    using tree = watched({ "index.mjs": "1", "lib/deep/a.mjs": "1", "gone.mjs": "1" }, [], poll);
    tree.write("index.mjs", "22");
    tree.write("lib/.a.new", "2");
    renameSync(path.join(tree.root, "lib/.a.new"), path.join(tree.root, "lib/deep/a.mjs"));
    tree.write("fresh/inner/b.mjs", "1");
    rmSync(path.join(tree.root, "gone.mjs"));
    const changed = new Set(await tree.settled());
    for (const file of ["index.mjs", "lib/deep/a.mjs", "fresh/inner/b.mjs", "gone.mjs"]) {
      assert.ok(changed.has(file), `${file} is missing in ${[...changed].join(", ")}`);
    }
    // What came later is followed too, where there was nothing at the start.
    tree.write("fresh/inner/b.mjs", "two");
    await eventually(
      () => tree.told.flat().filter((file) => file === "fresh/inner/b.mjs").length > 1 || undefined,
      {
        what: "a second change of a new directory's file",
      },
    );
  });
}

test("what can't concern a function is no change: ignored files, editors' own, the inside of node_modules", async () => {
  using tree = watched({
    ".gitignore": "*.log\nbuild/\n",
    "index.mjs": "1",
    "build/out.js": "1",
    "node_modules/dependency/index.js": "1",
    ".git/index": "1",
  });
  tree.write("debug.log", "1");
  tree.write("build/out.js", "2");
  tree.write("node_modules/dependency/index.js", "2");
  tree.write(".git/index", "2");
  tree.write(".index.mjs.swp", "1");
  tree.write("4913", "1");
  tree.write("index.mjs~", "1");
  assert.deepEqual(await tree.settled(), []);
  // An install is one: package managers write this file last.
  tree.write("node_modules/.package-lock.json", "{}");
  await eventually(() => tree.told.flat().includes("node_modules/.package-lock.json") || undefined, {
    what: "the end of an install",
  });
});

test("an ignored directory counts if a handler lies in it, as compiled ones do", async () => {
  using tree = watched(
    { ".gitignore": "dist/\nother/\n", "dist/main/index.js": "1", "other/index.js": "1" },
    ["dist/main/index.handler"],
  );
  tree.write("other/index.js", "22");
  tree.write("dist/main/index.js", "22");
  assert.deepEqual([...new Set(await tree.settled())], ["dist/main/index.js"]);
});

test("a burst of writes is few changes, and a change of rights is one", async () => {
  using tree = watched({ "run.sh": "1" });
  for (let n = 0; n < 200; n++) tree.write(`made/${n}.txt`, "x");
  chmodSync(path.join(tree.root, "run.sh"), 0o700);
  const changed = await tree.settled();
  assert.ok(changed.includes("run.sh"));
  assert.ok(changed.includes("made/199.txt"));
  assert.ok(tree.told.length < 50, `${tree.told.length} reloads`);
});
