import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { S3World } from "../../testkit/s3-world.ts";
import { type SeededRandomness, seededRandomness, seedOfRun } from "../../testkit/seeded-randomness.ts";

const BUCKET = "model";
const STEPS = 400;

/** Few characters, so that keys share prefixes; some that sort differently in UTF-16 than in UTF-8. */
const ALPHABET = ["a", "b", "/", "//", "-", " ", "ü", "\uffee", "\ud83d\ude00", "A", "~", "%", "\u0001"];

function randomKey(random: SeededRandomness, most: number): string {
  return Array.from({ length: random.below(most) + 1 }, () => random.pick(ALPHABET)).join("");
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

interface Expected {
  readonly keys: string[];
  readonly prefixes: string[];
}

/** What a listing must show, said in the simplest way. */
function expectedListing(
  keys: Iterable<string>,
  prefix: string,
  delimiter: string | undefined,
  startAfter: string,
): Expected {
  const shown: string[] = [];
  const prefixes = new Set<string>();
  for (const key of [...keys].sort(byBytes)) {
    if (!key.startsWith(prefix) || byBytes(key, startAfter) <= 0) continue;
    const cut = delimiter === undefined ? -1 : key.indexOf(delimiter, prefix.length);
    if (cut < 0) shown.push(key);
    else prefixes.add(key.slice(0, cut + (delimiter ?? "").length));
  }
  return { keys: shown, prefixes: [...prefixes] };
}

describe("listings against a model", () => {
  const seed = seedOfRun();
  let s3: S3World;

  before(async () => {
    s3 = await S3World.open();
    await s3.call("CreateBucket", { Bucket: BUCKET });
  });
  after(() => s3.close());

  async function listV2(prefix: string, delimiter: string | undefined, startAfter: string, maxKeys: number) {
    const keys: string[] = [];
    const prefixes: string[] = [];
    let ContinuationToken: string | undefined;
    do {
      const page = await s3.call("ListObjectsV2", {
        Bucket: BUCKET,
        Prefix: prefix,
        Delimiter: delimiter,
        StartAfter: startAfter || undefined,
        MaxKeys: maxKeys,
        ContinuationToken,
      });
      const count = (page.Contents?.length ?? 0) + (page.CommonPrefixes?.length ?? 0);
      assert.equal(page.KeyCount, count);
      assert.ok(count <= maxKeys);
      assert.equal(page.IsTruncated, page.NextContinuationToken !== undefined);
      if (page.IsTruncated) assert.equal(count, maxKeys);
      keys.push(...(page.Contents ?? []).map((object: { Key: string }) => object.Key));
      prefixes.push(...(page.CommonPrefixes ?? []).map((entry: { Prefix: string }) => entry.Prefix));
      ContinuationToken = page.NextContinuationToken;
    } while (ContinuationToken !== undefined);
    return { keys, prefixes };
  }

  async function listV1(prefix: string, delimiter: string | undefined, maxKeys: number) {
    const keys: string[] = [];
    const prefixes: string[] = [];
    let Marker: string | undefined;
    for (;;) {
      const page = await s3.call("ListObjects", {
        Bucket: BUCKET,
        Prefix: prefix,
        Delimiter: delimiter,
        MaxKeys: maxKeys,
        Marker,
      });
      keys.push(...(page.Contents ?? []).map((object: { Key: string }) => object.Key));
      prefixes.push(...(page.CommonPrefixes ?? []).map((entry: { Prefix: string }) => entry.Prefix));
      if (!page.IsTruncated) return { keys, prefixes };
      Marker = page.NextMarker ?? keys.at(-1);
    }
  }

  it(`puts, gets, copies, deletes and lists like a map (seed ${seed})`, async () => {
    const random = seededRandomness(seed);
    const model = new Map<string, string>();
    for (let step = 0; step < STEPS; step++) {
      const known = [...model.keys()];
      const action = random.below(10);
      if (action < 4 || known.length < 10) {
        const key = randomKey(random, 5);
        await s3.put(BUCKET, key, `step ${step}`);
        model.set(key, `step ${step}`);
      } else if (action === 4) {
        const key = random.chance(0.8) ? random.pick(known) : randomKey(random, 5);
        await s3.call("DeleteObject", { Bucket: BUCKET, Key: key });
        model.delete(key);
      } else if (action === 5) {
        const objects = Array.from({ length: random.below(4) + 1 }, () => ({ Key: random.pick(known) }));
        await s3.call("DeleteObjects", { Bucket: BUCKET, Delete: { Objects: objects, Quiet: true } });
        for (const { Key } of objects) model.delete(Key);
      } else if (action === 6) {
        const source = random.pick(known);
        const target = randomKey(random, 5);
        if (source === target) continue;
        const CopySource = `${BUCKET}/${encodeURIComponent(source)}`;
        await s3.call("CopyObject", { Bucket: BUCKET, Key: target, CopySource });
        model.set(target, model.get(source) as string);
      } else if (action === 7) {
        const key = random.chance(0.9) ? random.pick(known) : randomKey(random, 6);
        const got = await s3.get(BUCKET, key).catch((error: { code: string }) => error.code);
        assert.equal(typeof got === "string" ? undefined : got.Body.toString(), model.get(key));
      } else {
        const prefix = random.chance(0.5) ? "" : randomKey(random, 2);
        const delimiter = random.chance(0.3) ? undefined : random.pick(["/", "a", "//", "ü", "\ud83d\ude00"]);
        const startAfter = random.chance(0.7) ? "" : randomKey(random, 3);
        const maxKeys = random.pick([1, 2, 3, 7, 1000]);
        assert.deepEqual(
          await listV2(prefix, delimiter, startAfter, maxKeys),
          expectedListing(model.keys(), prefix, delimiter, startAfter),
        );
        assert.deepEqual(
          await listV1(prefix, delimiter, maxKeys),
          expectedListing(model.keys(), prefix, delimiter, ""),
        );
      }
    }
    await s3.reopen();
    assert.deepEqual(
      (await listV2("", undefined, "", 1000)).keys,
      expectedListing(model.keys(), "", undefined, "").keys,
    );
    const files = new Set(await s3.bodyFiles());
    assert.ok(files.size <= model.size, `${files.size} bodies of ${model.size} objects`);
  });
});
