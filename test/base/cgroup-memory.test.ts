import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { cgroupMemory } from "../../src/base/cgroup-memory.ts";

const root = mkdtempSync(path.join(os.tmpdir(), "lambkin-cgroups-"));
after(() => rmSync(root, { recursive: true, force: true }));

function cgroup(name: string, files: Readonly<Record<string, string>>): void {
  mkdirSync(path.join(root, name), { recursive: true });
  for (const [file, text] of Object.entries(files)) writeFileSync(path.join(root, name, file), `${text}\n`);
}

function seenFrom(own: string) {
  const file = path.join(root, "self");
  writeFileSync(file, `12:memory:/elsewhere\n0::${own}\n`);
  return cgroupMemory(root, file);
}

test("the tightest cgroup above a process bounds its memory, and caches of files are free", () => {
  const roomy = { "memory.max": "max", "memory.current": "700" };
  cgroup("system.slice", {
    "memory.max": "9000",
    "memory.current": "8700",
    "memory.stat": "anon 8700\nfile 0",
  });
  const stat = "anon 300\nfile 500\ninactive_file 150\nactive_file 250\nshmem 100";
  cgroup("system.slice/own.service", { "memory.max": "2000", "memory.current": "800", "memory.stat": stat });
  cgroup("system.slice/own.service/lambkin-server", roomy);
  cgroup("user.slice", roomy);
  assert.deepEqual(seenFrom("/system.slice/own.service/lambkin-server"), {
    limitBytes: 2000,
    availableBytes: 300,
  });
  assert.deepEqual(seenFrom("/system.slice/own.service"), { limitBytes: 2000, availableBytes: 300 });
  const unbounded = { limitBytes: Number.POSITIVE_INFINITY, availableBytes: Number.POSITIVE_INFINITY };
  for (const own of ["/user.slice", "/absent", "/", "/../outside"])
    assert.deepEqual(seenFrom(own), unbounded, own);
  cgroup("", { "memory.max": "3000", "memory.current": "1000" });
  for (const own of ["/", "/user.slice"]) assert.equal(seenFrom(own).availableBytes, 2000, own);
});
