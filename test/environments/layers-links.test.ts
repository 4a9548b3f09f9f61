import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { removeTree } from "../../src/base/remove-tree.ts";
import { findExtensions } from "../../src/environments/extensions/find-extensions.ts";
import { environmentMounts } from "../../src/environments/mounts.ts";
import { mergeLayers } from "../../src/functions/package/layer-tree.ts";
import { unpack } from "../../src/functions/package/unpack.ts";
import { sourceOfBytes } from "../../src/functions/package/zip-source.ts";
import { SYMBOLIC_LINK, type ZipEntry, zip } from "../../testkit/zip-writer.ts";

/** More than any directory of temporary files lies deep. */
const DEPTH = 12;
const link = (name: string, target: string): ZipEntry => ({
  name,
  content: target,
  mode: SYMBOLIC_LINK | 0o777,
  method: 0,
});

let home: string;
let merged: string;
before(async () => {
  home = await mkdtemp(join(tmpdir(), "lambkin-climbing-"));
  await mkdir(join(home, "host"));
  await writeFile(join(home, "host/secret"), "a secret of the host");
  const names = Array.from({ length: DEPTH }, (_, number) => `d${number}`);
  const climb = (to: string) => [...names, ...names.map(() => ".."), to.slice(1)].join("/");
  // By itself it climbs no further than it went down.
  const climbing = [
    { name: `${names.join("/")}/file`, content: "x" },
    link("extensions", climb(join(home, "host"))),
    link("secret", climb(join(home, "host/secret"))),
    { name: "plain/file", content: "plain" },
    link("inside", "plain/../plain"),
  ];
  // And this one has it go down nowhere.
  const flat = [{ name: "x", content: "x" }, ...names.map((name) => link(name, "."))];
  const layers = await Promise.all(
    [climbing, flat].map((entries, number) => place(`layer${number}`, entries)),
  );
  merged = join(home, "merged");
  await mkdir(merged);
  await mergeLayers(layers, merged);
});
after(() => removeTree(home));

async function place(name: string, entries: readonly ZipEntry[]): Promise<string> {
  const directory = join(home, name);
  await mkdir(directory);
  await unpack(sourceOfBytes(zip(entries)), directory);
  return directory;
}

test("links of layers that climb out together lead nowhere on this machine", async () => {
  assert.equal(readFileSync(join(merged, "secret"), "utf8"), "a secret of the host", "the control");
  assert.deepEqual(readdirSync(join(merged, "extensions")), ["secret"], "the control");
  assert.deepEqual(findExtensions(merged), []);
  const runtime = [{ source: "/usr", target: "/opt/runtime" }];
  const mounts = await environmentMounts(runtime, { codeDirectory: "/code", layersDirectory: merged });
  const targets = mounts.map(({ target }) => target);
  assert.ok(!targets.includes("/opt/secret") && !targets.includes("/opt/extensions"), targets.join(" "));
  for (const { source } of mounts.slice(2)) assert.ok(source === merged || source.startsWith(`${merged}/`));
});

test("links of layers that stay inside are followed", async () => {
  const runtime = [{ source: "/usr", target: "/opt/runtime" }];
  const mounts = await environmentMounts(runtime, { codeDirectory: "/code", layersDirectory: merged });
  const inside = mounts.find(({ target }) => target === "/opt/inside");
  assert.deepEqual(inside, { source: join(merged, "plain"), target: "/opt/inside", exact: true });
  const layer = await place("linked-extensions", [
    { name: "real/one", content: "x" },
    { name: "real/folder/file", content: "x" },
    link("real/two", "one"),
    link("real/gone", "nowhere"),
    link("extensions", "real"),
  ]);
  assert.deepEqual(findExtensions(layer), ["one", "two"]);
  assert.ok(existsSync(join(layer, "extensions/folder")), "the control: a directory is none");
});
