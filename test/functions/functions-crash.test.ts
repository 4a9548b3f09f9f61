import assert from "node:assert/strict";
import { mkdtemp, readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { removeTree } from "../../src/base/remove-tree.ts";
import { runUntilKilled } from "../../testkit/crashing-program.ts";
import { ACCOUNT, REGION } from "../../testkit/functions-world.ts";
import { openStoredFunctions } from "../../testkit/stored-functions.ts";

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
  const functions = await openStoredFunctions(directory);
  const get = (FunctionName: string) => functions.call("GetFunctionConfiguration", { FunctionName });
  const inUse = new Set<string>();
  for (const [name, state] of said) {
    if (state === "-") {
      await assert.rejects(get(name), { code: "ResourceNotFoundException" });
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
  // How many come to be before the kill is for the two processes' speeds to say.
  let Marker: string | undefined;
  do {
    const page = await functions.call("ListFunctions", { FunctionVersion: "ALL", Marker });
    for (const { CodeSha256 } of page.Functions) inUse.add(Buffer.from(CodeSha256, "base64").toString("hex"));
    Marker = page.NextMarker;
  } while (Marker !== undefined);
  assert.ok(inUse.size >= 10, `${inUse.size} packages`);
  for (const sha256 of inUse) {
    const files = await readdir(join(functions.packages, sha256), { recursive: true, withFileTypes: true });
    assert.equal(files.filter((entry) => entry.isFile()).length, FILES, sha256);
    await functions.storage.blobs.ensureLocal(sha256);
  }
  await functions.close();
  // Only what is in use is left, of packages and of blobs.
  assert.deepEqual(new Set(await readdir(functions.packages)), inUse);
  const blobs = await readdir(join(directory, "storage", "blobs"), { recursive: true, withFileTypes: true });
  const stored = blobs.filter((entry) => entry.isFile()).map((entry) => entry.name);
  assert.deepEqual(new Set(stored), inUse);
  await removeTree(directory);
});
