import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { environmentMounts } from "../../src/environments/mounts.ts";

test("layers become /opt, beside whatever of the runtime lies there already", async () => {
  const layers = await mkdtemp(join(tmpdir(), "lambkin-mounts-"));
  for (const name of ["bin", "python", "tools"]) await mkdir(join(layers, name));
  const spec = { codeDirectory: "/code" };
  const task = { source: "/code", target: "/var/task", exact: true };
  const runtime = [{ source: "/usr/local", target: "/var/lang" }];
  assert.deepEqual(await environmentMounts(runtime, spec), [...runtime, task]);
  const withLayers = { ...spec, layersDirectory: layers };
  assert.deepEqual(await environmentMounts(runtime, withLayers), [
    ...runtime,
    task,
    { source: layers, target: "/opt", exact: true },
  ]);
  const beside = [...runtime, { source: "/opt/tools/lib", target: "/opt/tools/lib" }];
  const mounts = await environmentMounts(beside, withLayers);
  assert.deepEqual(
    mounts.slice(3).sort((a, b) => (a.target < b.target ? -1 : 1)),
    ["bin", "python"].map((name) => ({ source: join(layers, name), target: `/opt/${name}`, exact: true })),
  );
  await rm(layers, { recursive: true });
});
