import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { lstat, mkdir, mkdtemp, readdir, readFile, readlink, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { crc32 } from "node:zlib";
import { removeTree } from "../../src/base/remove-tree.ts";
import { BadPackage } from "../../src/functions/package/bad-package.ts";
import { unpack } from "../../src/functions/package/unpack.ts";
import { sourceOfBytes, sourceOfFile } from "../../src/functions/package/zip-source.ts";
import { DIRECTORY, REGULAR, SYMBOLIC_LINK, type ZipEntry, zip } from "../../testkit/zip-writer.ts";

const DEVICE = 0o020000;
const PIPE = 0o010000;
const SOCKET = 0o140000;
let home: string;
let made = 0;

before(async () => {
  home = await mkdtemp(join(tmpdir(), "lambkin-package-"));
});
after(() => removeTree(home));

async function unpackBytes(bytes: Uint8Array): Promise<string> {
  const directory = join(home, `p${++made}`);
  await mkdir(directory);
  await unpack(sourceOfBytes(bytes), directory);
  return directory;
}

const link = (name: string, target: string): ZipEntry => ({
  name,
  content: target,
  mode: SYMBOLIC_LINK | 0o777,
  method: 0,
});

test("files arrive with content, permissions without write, and time", async () => {
  const large = "0123456789abcdef".repeat(200_000);
  const directory = await unpackBytes(
    zip([
      { name: "index.mjs", content: "code", mode: REGULAR | 0o664 },
      { name: "bin/run", content: "#!", mode: REGULAR | 0o775 },
      { name: "private", content: "p", mode: REGULAR | 0o600 },
      { name: "suid", content: "s", mode: REGULAR | 0o4755 },
      { name: "from-dos", content: "d", host: 0, mode: 0 },
      { name: "from-java", content: "j", mode: 0 },
      { name: "large", content: large },
      { name: "stored", content: large, method: 0 },
      { name: "empty", content: "" },
      { name: "./dotted//name/./x", content: "n" },
      { name: "ümlaut/日本.txt", content: "u" },
      { name: "given/", mode: DIRECTORY | 0o700 },
      { name: "given/inside", content: "i" },
      { name: "twice/", mode: DIRECTORY | 0o755 },
      { name: "twice/", mode: DIRECTORY | 0o755 },
      { name: "META-INF/maven/", mode: 0o177777 },
      { name: "META-INF/maven/pom.xml", content: "m", mode: 0o177777 },
    ]),
  );
  const mode = async (path: string) => ((await lstat(join(directory, path))).mode & 0o7777).toString(8);
  assert.equal(await readFile(join(directory, "index.mjs"), "utf8"), "code");
  assert.equal(await mode("index.mjs"), "444");
  assert.equal(await mode("bin/run"), "555");
  assert.equal(await mode("bin"), "555");
  assert.equal(await mode("private"), "400");
  assert.equal(await mode("suid"), "555");
  assert.equal(await mode("from-dos"), "444");
  assert.equal(await mode("from-java"), "444");
  assert.equal(await mode("given"), "500");
  assert.equal(await mode("META-INF/maven"), "555");
  assert.equal(await mode("META-INF/maven/pom.xml"), "444");
  assert.equal(await readFile(join(directory, "large"), "utf8"), large);
  assert.equal(await readFile(join(directory, "stored"), "utf8"), large);
  assert.equal(await readFile(join(directory, "empty"), "utf8"), "");
  assert.equal(await readFile(join(directory, "dotted/name/x"), "utf8"), "n");
  assert.equal(await readFile(join(directory, "ümlaut/日本.txt"), "utf8"), "u");
  assert.equal((await stat(join(directory, "index.mjs"))).mtime.toISOString(), "2026-01-01T12:00:00.000Z");
});

test("archives of the usual tool unpack as by its own counterpart", async (context) => {
  const source = join(home, "tool");
  try {
    execFileSync("sh", [
      "-c",
      `mkdir -p ${source}/lib/deep && cd ${source} && printf code > index.mjs && head -c 3000000 /dev/urandom > lib/blob && printf x > lib/deep/x && ln -s deep/x lib/link && chmod 755 index.mjs && zip -qry ../tool.zip .`,
    ]);
  } catch {
    context.skip("this machine has no zip");
    return;
  }
  const file = await sourceOfFile(join(home, "tool.zip"));
  const directory = join(home, "tool-unpacked");
  await mkdir(directory);
  await unpack(file, directory);
  await file.close();
  assert.deepEqual(await readFile(join(directory, "lib/blob")), await readFile(join(source, "lib/blob")));
  assert.equal(await readFile(join(directory, "lib/link"), "utf8"), "x");
  assert.equal((await stat(join(directory, "index.mjs"))).mode & 0o777, 0o555);
});

test("links that stay inside are made, also over other links", async () => {
  const directory = await unpackBytes(
    zip([
      { name: "lib/real.so.1", content: "so" },
      link("lib/real.so", "real.so.1"),
      link("bin", "lib"),
      link("deep/er/up", "../../bin/real.so"),
      link("dangling", "nowhere/yet"),
      link("self", "self"),
      link("here", "."),
    ]),
  );
  assert.equal(await readlink(join(directory, "lib/real.so")), "real.so.1");
  assert.equal(await readFile(join(directory, "deep/er/up"), "utf8"), "so");
  assert.equal(await readlink(join(directory, "dangling")), "nowhere/yet");
});

const file = (name: string, changes: Partial<ZipEntry> = {}): ZipEntry => ({
  name,
  content: "content",
  ...changes,
});

const refused: Readonly<Record<string, () => Buffer>> = {
  "no archive": () => Buffer.from("this is no zip"),
  "one byte": () => Buffer.from("P"),
  "a name that climbs out": () => zip([file("../evil")]),
  "a name that climbs out further down": () => zip([file("a/b/../../../evil")]),
  "a name that only looks like climbing": () => zip([file("a/../b")]),
  "an absolute name": () => zip([file("/etc/evil")]),
  "a drive": () => zip([file("C:/evil")]),
  "a backslash": () => zip([file("..\\evil")]),
  "a NUL in a name": () => zip([file("a\0b")]),
  "a name of 256 bytes": () => zip([file("x".repeat(256))]),
  "a path of 4,000 bytes": () => zip([file(`${"x/".repeat(2_000)}x`)]),
  "no name": () => zip([file("")]),
  "the root as a file": () => zip([file(".")]),
  "one name twice": () => zip([file("a"), file("a")]),
  "one name twice, in other words": () => zip([file("a/b"), file("a/./b")]),
  "a file below a file": () => zip([file("a"), file("a/b")]),
  "a file in place of a directory": () => zip([file("a/b"), file("a")]),
  "a file below a link": () => zip([link("a", "b"), file("a/b")]),
  "a file in place of a link": () => zip([link("a", "b"), file("a")]),
  "a link out": () => zip([file("x"), link("a", "../x")]),
  "a link to an absolute path": () => zip([file("x"), link("a", "/etc/passwd")]),
  "a link out from deep": () => zip([file("x"), link("b/c/a", "../../../x")]),
  "a link out over another link": () =>
    zip([file("d/e/f/x"), link("up", "d/e/f"), link("a", "up/../../../../x")]),
  "a link out by a link that goes nowhere far": () =>
    zip([file("x"), link("p/q", "."), link("a", "p/q/../../x")]),
  "a link out after something missing": () => zip([file("x"), link("a", "missing/../../x")]),
  "a link without a target": () => zip([link("a", ""), file("x")]),
  "a link with a NUL": () => zip([link("a", "x\0y"), file("x")]),
  "a link that is not UTF-8": () =>
    zip([file("x"), { ...link("a", ""), content: Buffer.from([0xff, 0xfe]) }]),
  "a link too long": () => zip([file("x"), link("a", "x/".repeat(2_500))]),
  "a device": () => zip([file("a", { mode: DEVICE | 0o666 })]),
  "a pipe": () => zip([file("a", { mode: PIPE | 0o666 })]),
  "a socket": () => zip([file("a", { mode: SOCKET | 0o666 })]),
  "a directory with content": () => zip([file("a/", { mode: DIRECTORY | 0o755 })]),
  "a directory that says it is a file": () => zip([{ name: "a/", mode: REGULAR | 0o644 }, file("b")]),
  "an encrypted entry": () => zip([file("a", { flags: 1 })]),
  "a strongly encrypted entry": () => zip([file("a", { flags: 0x41 })]),
  "an unknown method": () => zip([file("a", { method: 12 })]),
  "a wrong CRC": () => zip([file("a", { crc32: crc32("other") })]),
  "a wrong CRC of a stored file": () => zip([file("a", { crc32: 1, method: 0 })]),
  "a wrong CRC of an empty file": () => zip([file("a", { content: "", crc32: 1 }), file("b")]),
  "more than declared": () => zip([file("a", { size: 3 })]),
  "less than declared": () => zip([file("a", { size: 30 })]),
  "far more than declared": () => zip([file("a", { content: "0".repeat(50_000_000), size: 10 })]),
  "something declared as nothing": () => zip([file("a", { size: 0 }), file("b")]),
  "stored sizes that differ": () => zip([file("a", { method: 0, size: 3 })]),
  "compressed data cut off": () => zip([file("a", { compressedSize: 4 }), file("b")]),
  "bytes after the compressed data": () => zip([file("a", { padding: 7 })]),
  "bytes after much compressed data": () =>
    zip([
      file("a", {
        content: Buffer.from(crypto.getRandomValues(new Uint8Array(65_536)).toString().repeat(8)),
        padding: 9,
      }),
    ]),
  "content beyond the end": () => zip([file("a", { compressedSize: 5_000_000, method: 8 })]),
  "names that differ": () => zip([file("a", { localName: "b" })]),
  "more entries than there are": () => zip([file("a")], { entryCount: 3 }),
  "a truncated archive": () => zip([file("a"), file("b")]).subarray(40),
};

for (const [what, make] of Object.entries(refused)) {
  test(`refused: ${what}`, async () => {
    await assert.rejects(unpackBytes(make()), (error: unknown) => {
      assert.ok(error instanceof BadPackage, String((error as Error).stack));
      assert.equal(error.fault, "broken");
      return true;
    });
  });
}

test("an archive without a file is empty, whatever directories it has", async () => {
  for (const bytes of [zip([]), zip([{ name: "a/", mode: DIRECTORY | 0o755 }])]) {
    await assert.rejects(unpackBytes(bytes), { name: "BadPackage", fault: "empty" });
  }
});

test("what would be too large is refused before a byte of it is unpacked", async () => {
  const zeros = Buffer.alloc(1_000_000);
  const at = (size: number) => zip([file("a", { content: zeros, size })]);
  await assert.rejects(unpackBytes(at(262_144_001)), { fault: "too-large" });
  // Up to the limit it is only a lie about the size.
  await assert.rejects(unpackBytes(at(262_144_000)), { fault: "broken" });
  const many = Array.from({ length: 263 }, (_, n) =>
    file(`f${n}`, { content: "", size: 1_000_000, method: 8 }),
  );
  await assert.rejects(unpackBytes(zip(many)), { fault: "too-large" });
});

test("directories are counted, implied ones too", async () => {
  const deep = (n: number) => file(`${n}/${"d/".repeat(1_400)}x`, { content: "" });
  await assert.rejects(unpackBytes(zip(Array.from({ length: 60 }, (_, n) => deep(n)))), { fault: "broken" });
});

test("nothing is written outside, whatever is tried", async () => {
  const names = await readdir(home);
  assert.deepEqual(
    names.filter((name) => !/^(?:p\d+|tool.*)$/.test(name)),
    [],
  );
});
