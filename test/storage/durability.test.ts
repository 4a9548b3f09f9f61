import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it } from "node:test";

const programs = join(import.meta.dirname, "programs");

interface Acknowledgement {
  readonly what: string;
  readonly writes: number;
  readonly syncs: number;
  readonly dirty: number;
}

function compileObserver(library: string): void {
  try {
    const source = join(programs, "sync-observer.c");
    execFileSync("cc", ["-shared", "-fPIC", "-O1", "-Wall", "-o", library, source, "-ldl", "-pthread"], {
      stdio: ["ignore", "inherit", "inherit"],
    });
  } catch (error) {
    throw new Error(
      "the observer of syncs needs a C compiler: `npm test` installs one, or apt-get install gcc libc6-dev",
      { cause: error },
    );
  }
}

const skip =
  process.platform === "linux" ? false : "the observer is preloaded as only Linux's loader does it";

it("has synced every write before it is acknowledged", { skip }, async (test) => {
  const root = await mkdtemp(join(tmpdir(), "lambkin-sync-"));
  test.after(() => rm(root, { recursive: true }));
  const [library, counters, directory] = [
    join(root, "observer.so"),
    join(root, "counters"),
    join(root, "files"),
  ];
  compileObserver(library);
  await writeFile(counters, Buffer.alloc(24));
  await mkdir(directory);
  const run = spawnSync(process.execPath, [join(programs, "write-observed.ts"), directory, counters], {
    encoding: "utf8",
    timeout: 120_000,
    env: {
      ...process.env,
      LD_PRELOAD: library,
      LAMBKIN_SYNC_DIRECTORY: directory,
      LAMBKIN_SYNC_COUNTERS: counters,
    },
  });
  assert.equal(run.status, 0, run.stderr);
  const acknowledged = run.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Acknowledgement);
  assert.equal(acknowledged.length, 2 + 12 * 10);
  for (const { what, writes, syncs, dirty } of acknowledged) {
    assert.ok(writes >= 1, `${what}: the observer saw no write`);
    assert.ok(syncs >= 1, `${what}: acknowledged without a sync`);
    assert.equal(dirty, 0, `${what}: acknowledged with ${dirty} files or directories not synced`);
  }
  const together = acknowledged.filter(({ what }) => what === "a hundred puts at once");
  const most = Math.max(...together.map(({ syncs }) => syncs));
  assert.ok(most <= 10, `a hundred writes at once share their syncs, and took ${most}`);
});
