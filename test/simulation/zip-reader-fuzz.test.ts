import assert from "node:assert/strict";
import { lstat, mkdtemp, readdir, readFile, readlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { test } from "node:test";
import { silentLog, systemClock, systemRandomness } from "../../src/base/index.ts";
import { removeTree } from "../../src/base/remove-tree.ts";
import { BadPackage } from "../../src/functions/package/bad-package.ts";
import { PackageStore } from "../../src/functions/package/package-store.ts";
import { effort } from "../../testkit/effort.ts";
import { MemoryBlobStore } from "../../testkit/memory-storage.ts";
import { type SeededRandomness, seededRandomness, seedOfRun } from "../../testkit/seeded-randomness.ts";
import { DIRECTORY, REGULAR, SYMBOLIC_LINK, type ZipEntry, zip } from "../../testkit/zip-writer.ts";

const ROUNDS = effort(600);
const SIGNATURES = [0x04034b50, 0x02014b50, 0x06054b50];

/** Names that a reader might trip over, among ordinary ones. */
const NAMES = [
  "a",
  "b",
  "a/b",
  "a/b/c",
  "./a",
  "d/",
  "a/",
  "../a",
  "/a",
  "a\\b",
  "ü",
  "x".repeat(200),
  "lib/x.so",
];
const TARGETS = ["a", "../a", "a/../b", "/etc/passwd", ".", "..", "d/../../x", "lib", "b"];

test("a mutated archive unpacks as declared or is refused, and leaves nothing behind", async (context) => {
  const seed = seedOfRun();
  context.diagnostic(`LAMBKIN_SEED=${seed}`);
  const random = seededRandomness(seed);
  const home = await mkdtemp(join(tmpdir(), "lambkin-zip-fuzz-"));
  const directory = join(home, "packages");
  const store = new PackageStore({
    blobs: new MemoryBlobStore(join(home, "blobs")),
    directory,
    clock: systemClock,
    randomness: systemRandomness,
    log: silentLog,
    inUse: () => false,
  });
  await store.open();
  const outcomes = { unpacked: 0, refused: 0 };
  for (let round = 0; round < ROUNDS; round++) {
    const bytes = mutate(zip(entries(random)), random);
    try {
      const held = await store.admit(bytes);
      await inspect(join(directory, held.sha256));
      held.release();
      outcomes.unpacked++;
      await removeTree(join(directory, held.sha256));
    } catch (error) {
      assert.ok(error instanceof BadPackage, `seed ${seed}, round ${round}: ${(error as Error).stack}`);
      outcomes.refused++;
    }
    assert.deepEqual(await readdir(directory), [], `seed ${seed}, round ${round}`);
    assert.deepEqual(
      (await readdir(home)).filter((name) => !["packages", "blobs"].includes(name)),
      [],
    );
  }
  await store.close();
  await removeTree(home);
  context.diagnostic(JSON.stringify(outcomes));
  // A fuzzer that only ever sees one side tests nothing.
  assert.ok(outcomes.unpacked > ROUNDS / 20 && outcomes.refused > ROUNDS / 5, JSON.stringify(outcomes));
});

/** Whatever came out: only files, directories and links that stay inside. */
async function inspect(root: string): Promise<void> {
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const { mode } = await lstat(path);
    if (entry.isSymbolicLink()) {
      const target = resolve(entry.parentPath, await readlink(path));
      assert.ok(!relative(root, target).startsWith(".."), `${path} leads to ${target}`);
      continue;
    }
    assert.ok(entry.isFile() || entry.isDirectory(), path);
    assert.equal(mode & 0o7222, 0, path);
    if (entry.isFile()) await readFile(path);
  }
}

function entries(random: SeededRandomness): ZipEntry[] {
  return Array.from({ length: 1 + random.below(6) }, (_, index) => {
    const name = random.chance(0.5) ? `f${index}` : random.pick(NAMES);
    if (name.endsWith("/")) return { name, mode: DIRECTORY | 0o755 };
    if (random.chance(0.15)) {
      return { name, content: random.pick(TARGETS), mode: SYMBOLIC_LINK | 0o777, method: 0 };
    }
    const content = Buffer.from(random.bytes(random.below(3_000)));
    return {
      name,
      content,
      mode: REGULAR | random.below(0o10000),
      ...(random.chance(0.3) ? { method: 0 } : {}),
      ...(random.chance(0.05) ? { crc32: random.below(2 ** 32) } : {}),
      ...(random.chance(0.05) ? { size: random.below(5_000), method: 8 } : {}),
      ...(random.chance(0.05) ? { localName: "other" } : {}),
      ...(random.chance(0.05) ? { host: random.below(20) } : {}),
    };
  });
}

function mutate(archive: Buffer, random: SeededRandomness): Buffer {
  if (random.chance(0.3)) return archive;
  let bytes = Buffer.from(archive);
  for (let times = 1 + random.below(3); times > 0; times--) {
    const at = random.below(Math.max(bytes.byteLength, 1));
    switch (random.below(6)) {
      case 0:
        bytes[at] = random.below(256);
        break;
      case 1:
        bytes = bytes.subarray(0, at);
        break;
      case 2:
        bytes = Buffer.concat([bytes.subarray(0, at), random.bytes(random.below(40)), bytes.subarray(at)]);
        break;
      case 3:
        bytes = Buffer.concat([bytes, bytes.subarray(at, at + random.below(200))]);
        break;
      default:
        mutateHeader(bytes, random);
    }
    // A slice shares its memory with the archive that it came from.
    bytes = Buffer.from(bytes);
  }
  return bytes;
}

/** Puts an extreme value into a field of some header: sizes, lengths, offsets, counts. */
function mutateHeader(bytes: Buffer, random: SeededRandomness): void {
  const signature = random.pick(SIGNATURES);
  const headers: number[] = [];
  for (let at = 0; at + 46 <= bytes.byteLength; at++) {
    if (bytes.readUInt32LE(at) === signature) headers.push(at);
  }
  if (headers.length === 0) return;
  const at = random.pick(headers) + 4 + random.below(21) * 2;
  if (at + 4 > bytes.byteLength) return;
  if (random.chance(0.5)) bytes.writeUInt16LE(random.pick([0, 1, 8, 0xff, 0x7fff, 0xffff]), at);
  else bytes.writeUInt32LE(random.pick([0, 1, 100, 0x7fffffff, 0xfffffffe, 0xffffffff]), at);
}
