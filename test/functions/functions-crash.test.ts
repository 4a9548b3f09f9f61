import assert from "node:assert/strict";
import { mkdtemp, readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { silentLog, systemClock, systemRandomness } from "../../src/base/index.ts";
import { removeTree } from "../../src/base/remove-tree.ts";
import { createFunctions } from "../../src/functions/index.ts";
import { openSqliteStorage } from "../../src/storage/index.ts";
import { runUntilKilled } from "../../testkit/crashing-program.ts";
import { ACCOUNT, REGION, requestContext } from "../../testkit/functions-world.ts";

const writer = new URL("functions-writer.ts", import.meta.url);
const FILES = 60;

test("a killed process loses no function that was acknowledged, and leaves no half package", async () => {
  const directory = await mkdtemp(join(tmpdir(), "lambkin-functions-crash-"));
  /** What was last said of a function: a hash, gone, or either. */
  const said = new Map<string, string>();
  for (const [round, least] of [1, 7, 16, 29].entries()) {
    const args = [directory, String(round * 1_000)];
    for (const line of await runUntilKilled(writer, args, (lines) => lines.length >= least)) {
      const [name = "", state = ""] = line.split(" ");
      said.set(name, state);
    }
  }
  const parts = { clock: systemClock, randomness: systemRandomness, log: silentLog };
  const storage = await openSqliteStorage({ directory: join(directory, "storage"), ...parts });
  const packages = join(directory, "packages");
  const functions = await createFunctions({
    state: storage.state,
    blobs: storage.blobs,
    unpackDirectory: packages,
    objects: { read: () => Promise.reject(new Error("no objects here")) },
    roles: { find: async () => undefined },
    requireRoles: false,
    codeLocation: () => "",
    eventSources: { check: async () => "unserved" },
    destinationServices: new Set(),
    runtimes: () => ({ supported: true }),
    ...parts,
  });
  const get = (FunctionName: string): any =>
    functions.operations["GetFunctionConfiguration"]?.(
      { FunctionName },
      requestContext("GetFunctionConfiguration"),
    );
  const inUse = new Set<string>();
  for (const [name, state] of said) {
    if (state === "-") {
      await assert.rejects(async () => get(name), { code: "ResourceNotFoundException" });
      continue;
    }
    let configuration: any;
    try {
      do {
        await new Promise((resolve) => setImmediate(resolve));
        configuration = await get(name);
      } while (configuration.State === "Pending" || configuration.LastUpdateStatus === "InProgress");
    } catch (error) {
      assert.equal(state, "?", `${name} is lost: ${String(error)}`);
      continue;
    }
    assert.equal(configuration.State, "Active");
    assert.equal(configuration.LastUpdateStatus, "Successful");
    const version = functions.catalog.resolve({
      account: ACCOUNT,
      region: REGION,
      functionName: `${name}:1`,
    });
    const latest = functions.catalog.resolve({ account: ACCOUNT, region: REGION, functionName: name });
    if (state === latest.codeSha256 || state === "?") continue;
    // The update after the one that was acknowledged may have been stored and not yet been said.
    assert.equal(state, version.codeSha256, `${name} is older than acknowledged`);
  }
  const listFunctions = functions.operations["ListFunctions"];
  assert.ok(listFunctions);
  const { Functions } = (await listFunctions(
    { FunctionVersion: "ALL" },
    requestContext("ListFunctions"),
  )) as { Functions: { CodeSha256: string }[] };
  for (const { CodeSha256 } of Functions) inUse.add(Buffer.from(CodeSha256, "base64").toString("hex"));
  assert.ok(
    inUse.size >= 10 && Functions.length < 50,
    `${inUse.size} packages, ${Functions.length} functions`,
  );
  for (const sha256 of inUse) {
    const files = await readdir(join(packages, sha256), { recursive: true, withFileTypes: true });
    assert.equal(files.filter((entry) => entry.isFile()).length, FILES, sha256);
    await storage.blobs.ensureLocal(sha256);
  }
  await functions.close();
  // Only what is in use is left, of packages and of blobs.
  assert.deepEqual(new Set(await readdir(packages)), inUse);
  const blobs = await readdir(join(directory, "storage", "blobs"), { recursive: true, withFileTypes: true });
  const stored = blobs.filter((entry) => entry.isFile()).map((entry) => entry.name);
  assert.deepEqual(new Set(stored), inUse);
  await storage.close();
  await removeTree(directory);
});
