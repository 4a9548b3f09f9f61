import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { lstat, mkdir, mkdtemp, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { crc32, deflateRawSync } from "node:zlib";
import { removeTree } from "../../src/base/remove-tree.ts";
import { BadPackage } from "../../src/functions/package/bad-package.ts";
import { unpack } from "../../src/functions/package/unpack.ts";
import { sourceOfBytes } from "../../src/functions/package/zip-source.ts";
import { DIRECTORY, REGULAR, SYMBOLIC_LINK, type ZipEntry, zip } from "../../testkit/zip-writer.ts";
import { type NaiveReading, unpackNaively } from "./naive-unpacker.ts";

/** Archives that write elsewhere for whoever believes them, each with a reader that does. */
let home: string;
let made = 0;
before(async () => {
  home = await mkdtemp(join(tmpdir(), "lambkin-hostile-"));
});
after(() => removeTree(home));

/** A place to unpack in, and beside it what must stay as it is. */
async function places(): Promise<{ readonly directory: string; readonly evil: string }> {
  const place = join(home, String(++made));
  await mkdir(join(place, "package"), { recursive: true });
  await mkdir(join(place, "outside"));
  return { directory: join(place, "package"), evil: join(place, "outside", "evil") };
}

const EVIL: ZipEntry = { name: "../outside/evil", content: "evil" };
const evilBelow = (name: string): ZipEntry => ({ name, content: "evil" });
const link = (name: string, target: string): ZipEntry => ({
  name,
  content: target,
  mode: SYMBOLIC_LINK | 0o777,
  method: 0,
});

/** https://libzip.org/specifications/extrafld.txt, "Info-ZIP Unicode Path Extra Field" */
function unicodePath(raw: string, meant: string): Buffer {
  const head = Buffer.alloc(9);
  head.writeUInt16LE(0x7075, 0);
  head.writeUInt16LE(5 + Buffer.byteLength(meant), 2);
  head.writeUInt8(1, 4);
  head.writeUInt32LE(crc32(raw), 5);
  return Buffer.concat([head, Buffer.from(meant)]);
}

const ESCAPES: Readonly<Record<string, readonly [ZipEntry[], NaiveReading?]>> = {
  "climbs out": [[EVIL]],
  "climbs out over what it made": [
    [{ name: "a/", mode: DIRECTORY | 0o755 }, evilBelow("a/../../outside/evil")],
  ],
  "climbs out by backslashes": [
    [evilBelow("..\\outside\\evil")],
    { name: (name) => name.replaceAll("\\", "/") },
  ],
  "climbs out by its name in Unicode": [
    [{ ...evilBelow("ok"), extra: unicodePath("ok", "../outside/evil") }],
    { unicode: true },
  ],
  "climbs out by its local header": [[{ ...evilBelow("ok"), localName: "../outside/evil" }], { local: true }],
  "goes through a link": [[link("d", "../outside"), evilBelow("d/evil")]],
  "turns a directory into a link": [
    [{ name: "d/", mode: DIRECTORY | 0o755 }, link("d", "../outside"), evilBelow("d/evil")],
  ],
  "turns a directory that holds a file into a link": [
    [evilBelow("d/file"), link("d", "../outside"), evilBelow("d/evil")],
  ],
  "replaces a link that stays inside": [
    [evilBelow("real/file"), link("d", "real"), link("d", "../outside"), evilBelow("d/evil")],
  ],
  "writes a file over a link": [[link("f", "../outside/evil"), evilBelow("f")]],
  "goes through two links, each of which stays inside": [
    [link("a", "b"), link("b", ".."), evilBelow("a/outside/evil")],
  ],
  "goes through a link to where the machine begins": [[link("root", "/"), evilBelow("root@")]],
};

for (const [what, [entries, reading = {}]] of Object.entries(ESCAPES))
  test(`an archive that ${what} is refused, and writes nothing outside`, async () => {
    const believed = await places();
    const { directory, evil } = await places();
    // A link to the root leads to the place by its whole path.
    const absolute = (to: string) =>
      zip(entries.map((entry) => (entry.name === "root@" ? { ...entry, name: `root${to}` } : entry)));
    unpackNaively(absolute(believed.evil), believed.directory, reading);
    assert.equal(await readFile(believed.evil, "utf8"), "evil", "the control");
    await assert.rejects(unpack(sourceOfBytes(absolute(evil)), directory), {
      name: "BadPackage",
      fault: "broken",
    });
    assert.equal(existsSync(evil), false);
  });

test("names that only some normalization makes climb are names like others", async () => {
  const wide = "．．／outside／evil";
  const bytes = zip([evilBelow(wide), evilBelow("‥/two"), evilBelow("u\u0308"), evilBelow("ü")]);
  const believed = await places();
  unpackNaively(bytes, believed.directory, { name: (name) => name.normalize("NFKC") });
  assert.equal(await readFile(believed.evil, "utf8"), "evil", "the control");
  const { directory, evil } = await places();
  await unpack(sourceOfBytes(bytes), directory);
  assert.deepEqual((await readdir(directory)).sort(), [wide, "‥", "u\u0308", "ü"].sort());
  assert.equal(existsSync(evil), false);
});

test("what appears in the directory meanwhile, by race or because it folds case, is neither used nor followed", async () => {
  const inside = zip([evilBelow("d/evil"), link("l", "d"), evilBelow("f")]);
  const plants: Readonly<Record<string, (directory: string, evil: string) => Promise<void>>> = {
    "a link in place of a directory": (directory, evil) => symlink(join(evil, ".."), join(directory, "d")),
    "a link in place of a file": (directory, evil) => symlink(evil, join(directory, "f")),
    "a link in place of a link": (directory, evil) => symlink(evil, join(directory, "l")),
    "a directory": async (directory) => {
      await mkdir(join(directory, "d"));
    },
    "a file": (directory) => writeFile(join(directory, "f"), "another's"),
  };
  for (const [what, plant] of Object.entries(plants)) {
    const { directory, evil } = await places();
    await plant(directory, evil);
    await assert.rejects(unpack(sourceOfBytes(inside), directory), BadPackage, what);
    assert.equal(existsSync(evil), false, what);
  }
  const { directory, evil } = await places();
  await plants["a link in place of a directory"]?.(directory, evil);
  unpackNaively(inside, directory);
  assert.equal(await readFile(evil, "utf8"), "evil", "the control");
});

test("no file gets a bit that would make its user somebody else", async () => {
  const modes = { user: 0o4755, group: 0o2755, both: 0o6711, sticky: 0o1777 };
  const bytes = zip(
    Object.entries(modes).flatMap(([name, mode]) => [
      { name, content: "x", mode: REGULAR | mode },
      { name: `in-${name}/`, mode: DIRECTORY | mode },
    ]),
  );
  const believed = await places();
  unpackNaively(bytes, believed.directory);
  const { directory } = await places();
  await unpack(sourceOfBytes(bytes), directory);
  for (const [name, mode] of Object.entries(modes)) {
    const naive = await lstat(join(believed.directory, name));
    assert.equal(naive.mode & 0o7777, mode, "the control");
    for (const path of [name, `in-${name}`]) {
      const { mode: kept } = await lstat(join(directory, path));
      assert.equal(kept & 0o7222, 0, `${path} ${kept.toString(8)}`);
    }
  }
});

const DISAGREEING: Readonly<Record<string, Partial<ZipEntry>>> = {
  "another size": { localSize: 3 },
  "another CRC-32": { localCrc32: 7 },
  "another method, by what lies there": { method: 12 },
  "a header that is another entry's": { offset: 0 },
};
for (const [what, changes] of Object.entries(DISAGREEING))
  test(`an entry whose local header tells of ${what} is refused`, async () => {
    const { directory } = await places();
    const bytes = zip([evilBelow("first"), { ...evilBelow("second"), ...changes }]);
    await assert.rejects(unpack(sourceOfBytes(bytes), directory), BadPackage);
  });

test("a local header may leave open what the directory tells, or say that it follows", async () => {
  for (const changes of [
    { localSize: 0, localCrc32: 0 },
    { localSize: 0xffffffff },
    { flags: 8, localSize: 9 },
  ]) {
    const { directory } = await places();
    await unpack(sourceOfBytes(zip([{ ...evilBelow("a"), ...changes }])), directory);
    assert.equal(await readFile(join(directory, "a"), "utf8"), "evil");
  }
});

/**
 * Files each of which holds all that follow it: deflate begins with a piece that is not compressed, the next file's
 * header, and goes on in its data. https://www.bamsoftware.com/hacks/zipbomb/
 */
function overlapping(count: number, kernel: Buffer): Buffer {
  const directory: { readonly central: Buffer; readonly fromEnd: number }[] = [];
  let content = kernel;
  let data = deflateRawSync(kernel);
  let body = Buffer.alloc(0);
  for (let number = count - 1; number >= 0; number--) {
    // Of an archive of this file alone both headers, which need its real compressed size and place.
    const alone = zip([{ name: `f${number}`, content }]);
    const central = Buffer.from(alone.subarray(alone.readUInt32LE(alone.byteLength - 6), -22));
    const header = Buffer.from(alone.subarray(0, 30 + `f${number}`.length));
    header.writeUInt32LE(data.byteLength, 18);
    central.writeUInt32LE(data.byteLength, 20);
    body = Buffer.concat([header, data]);
    directory.unshift({ central, fromEnd: body.byteLength });
    const quote = Buffer.alloc(5);
    quote.writeUInt16LE(header.byteLength, 1);
    quote.writeUInt16LE(~header.byteLength & 0xffff, 3);
    content = Buffer.concat([header, content]);
    data = Buffer.concat([quote, body]);
  }
  for (const { central, fromEnd } of directory) central.writeUInt32LE(body.byteLength - fromEnd, 42);
  const all = Buffer.concat(directory.map(({ central }) => central));
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(count, 8);
  end.writeUInt16LE(count, 10);
  end.writeUInt32LE(all.byteLength, 12);
  end.writeUInt32LE(body.byteLength, 16);
  return Buffer.concat([body, all, end]);
}

test("entries that share their bytes are refused, before any is unpacked", async () => {
  const bytes = overlapping(20, Buffer.alloc(1_000_000));
  assert.ok(bytes.byteLength < 6_000, `${bytes.byteLength}`);
  const believed = await places();
  unpackNaively(bytes, believed.directory);
  const sizes = await Promise.all(
    (await readdir(believed.directory)).map(
      async (name) => (await lstat(join(believed.directory, name))).size,
    ),
  );
  assert.ok(sizes.length === 20 && sizes.every((size) => size >= 1_000_000), "the control");
  const { directory } = await places();
  await assert.rejects(unpack(sourceOfBytes(bytes), directory), /share bytes/);
  assert.deepEqual(await readdir(directory), []);
  // One alone shares nothing.
  await unpack(sourceOfBytes(overlapping(1, Buffer.alloc(1_000_000))), directory);
});
