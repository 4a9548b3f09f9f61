import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { removeTree } from "../../src/base/remove-tree.ts";
import { runUntilKilled } from "../../testkit/crashing-program.ts";
import { ACCOUNT, REGION } from "../../testkit/functions-world.ts";
import { openStoredFunctions } from "../../testkit/stored-functions.ts";
import { zipOf } from "../../testkit/zip-writer.ts";

const writer = new URL("layers-writer.ts", import.meta.url);

test("a killed process loses no layer that was acknowledged, gives no number twice, and functions have theirs whole", async () => {
  const directory = await mkdtemp(join(tmpdir(), "lambkin-layers-crash-"));
  const numbers = new Map<string, number[]>();
  const names: string[] = [];
  for (const [round, least] of [2, 9, 17].entries()) {
    const args = [directory, String(round * 1_000)];
    for (const line of await runUntilKilled(writer, args, (lines) => lines.length >= least)) {
      const [kind, name = "", number] = line.split(" ");
      if (kind === "function") names.push(name);
      else numbers.set(name, [...(numbers.get(name) ?? []), Number(number)]);
    }
  }
  const functions = await openStoredFunctions(directory);
  const { call } = functions;

  assert.ok(names.length >= 3, `${names.length} functions`);
  for (const [name, given] of numbers) {
    assert.equal(new Set(given).size, given.length, `a number of ${name} came twice`);
    const present = new Set<number>();
    let Marker: string | undefined;
    do {
      const page = await call("ListLayerVersions", { LayerName: name, Marker });
      for (const { Version } of page.LayerVersions) present.add(Version);
      Marker = page.NextMarker;
    } while (Marker !== undefined);
    // Of the first layer of a pair versions are deleted.
    if (name.startsWith("two-"))
      for (const number of given) assert.ok(present.has(number), `${name}:${number}`);
    const { Version } = await call("PublishLayerVersion", {
      LayerName: name,
      Content: { ZipFile: zipOf({ x: name }) },
    });
    assert.ok(Version > Math.max(...given), `${name}:${Version} is no new number`);
  }
  for (const name of names) {
    for (;;) {
      const { State } = await call("GetFunctionConfiguration", { FunctionName: name });
      if (State === "Active") break;
      assert.equal(State, "Pending");
      await new Promise((resolve) => setImmediate(resolve));
    }
    const target = functions.catalog.resolve({ account: ACCOUNT, region: REGION, functionName: name });
    const place = (await functions.catalog.layersDirectory(target)) ?? "";
    const files = await readdir(place, { recursive: true, withFileTypes: true });
    assert.equal(files.filter((entry) => entry.isFile()).length, 41, name);
    assert.equal(await readFile(join(place, "shared"), "utf8"), name);
  }
  await functions.close();
  const left = await readdir(functions.packages);
  assert.deepEqual(
    left.filter((name) => name.startsWith(".")),
    [],
  );
  await removeTree(directory);
});
