import assert from "node:assert/strict";
import {
  cpSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { NodejsBootstrap } from "../../src/runtimes/nodejs/bundle-bootstrap.ts";
import { type EnvironmentWorld, openEnvironmentWorld } from "../../testkit/environment-world.ts";
import { ANY_TIER } from "../../testkit/tested-tier.ts";

const SOURCES = path.join(import.meta.dirname, "../../src/runtimes/nodejs/bootstrap");

describe("the Node.js runtime in one file", () => {
  let folder: string;
  let world: EnvironmentWorld;
  before(async () => {
    folder = mkdtempSync(path.join(os.tmpdir(), "lambkin-bundle-"));
    world = await openEnvironmentWorld({ tier: ANY_TIER });
  });
  after(async () => {
    await world.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const at = (cache: string, source = SOURCES, prebuilt = "/nonexistent") =>
    new NodejsBootstrap(source, { cache: path.join(folder, cache), prebuilt }).directory;

  it("is all of its scripts, and one that anybody may read", () => {
    const directory = at("whole");
    assert.deepEqual(globSync("**/*.*", { cwd: directory }).sort(), [
      "bare-import.cjs",
      "bootstrap.cjs",
      "import-hook.mjs",
      ...globSync("sample/*", { cwd: SOURCES }).sort(),
    ]);
    const script = readFileSync(path.join(directory, "bootstrap.cjs"), "utf8");
    for (const name of globSync("*.cjs", { cwd: SOURCES }))
      assert.ok(script.includes(readFileSync(path.join(SOURCES, name), "utf8")), name);
    for (const name of ["", "bootstrap.cjs", "sample", "sample/script-1.js"])
      assert.equal(statSync(path.join(directory, name)).mode & 0o444, 0o444, name);
  });

  it("is kept, until the sources change", () => {
    const directory = at("kept");
    const made = statSync(path.join(directory, "bootstrap.cjs"));
    assert.equal(at("kept"), directory);
    assert.equal(statSync(path.join(directory, "bootstrap.cjs")).ino, made.ino);
    const changed = path.join(folder, "changed");
    cpSync(SOURCES, changed, { recursive: true });
    writeFileSync(path.join(changed, "garbage.cjs"), '"use strict";\n');
    assert.notEqual(at("kept", changed), directory);
    assert.equal(readdirSync(path.join(folder, "kept")).length, 2);
  });

  it("is the package's where that brings it, and the sources where nothing can be kept", () => {
    const prebuilt = at("package");
    assert.equal(at("unused", SOURCES, prebuilt), prebuilt);
    writeFileSync(path.join(folder, "file"), "");
    assert.equal(at("file"), SOURCES);
    mkdirSync(path.join(folder, "cache"));
    const broken = path.join(folder, "cache", path.basename(prebuilt));
    mkdirSync(path.join(broken, "sample"), { recursive: true });
    assert.equal(at("cache"), SOURCES, "what is there is not whole");
    assert.deepEqual(readdirSync(path.dirname(broken)), [path.basename(prebuilt)]);
  });

  it("is the one script of it that a function's process has loaded", async () => {
    const running = await world.start({
      runtime: "nodejs24.x",
      files: {
        "index.cjs": `exports.handler = async () => ({
          main: process.argv[1],
          scripts: Object.keys(require.cache),
          frames: new Error().stack.split("\\n").slice(2).map((line) => line.replace(/:\\d+:\\d+/, "")),
        });`,
      },
    });
    const { json } = await running.invoke();
    const inside = path.dirname(json.main);
    assert.equal(path.basename(json.main), "bootstrap.cjs");
    assert.deepEqual(
      json.scripts.filter((script: string) => script.startsWith(`${inside}/`)),
      [json.main],
    );
    // Some starts have a frame of Node.js itself between them.
    const own = json.frames.filter((frame: string) => !frame.includes("(node:"));
    assert.deepEqual(
      own.map((frame: string) => frame.replace(json.main, "script").trim()),
      [
        "at call (script)",
        "at script",
        "at new Promise (<anonymous>)",
        "at runPromise (script)",
        "at script",
        "at serve (script)",
        "at async main (script)",
      ],
    );
  });
});
