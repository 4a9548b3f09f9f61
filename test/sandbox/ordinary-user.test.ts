import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import type { ProcessExit, TierReport } from "../../src/environments/sandbox/index.ts";
import { seedCache } from "../../testkit/seeded-cache.ts";
import { NOBODY, readableByAll } from "./ordinary-rights.ts";
import { facts, type Result } from "./world.ts";

const PROGRAM = join(import.meta.dirname, "ordinary-user.ts");
const MIB = 1024 * 1024;

interface Findings {
  readonly outsideUser: number;
  readonly user: Result;
  readonly write: Result;
  readonly host: Result;
  readonly calls: Result;
  readonly small: Result;
  readonly peakBytes: number;
  readonly large: Result;
  readonly fill: Result;
  readonly attached: Result;
  readonly neighbour: Readonly<Record<"signal" | "environ" | "init" | "control", string>>;
  readonly onTheirWay: string;
  readonly besideIt: Result;
  readonly outside: string;
  readonly whileFrozen: number;
  readonly killed: ProcessExit;
  readonly report: TierReport;
}

/** No root, no cgroups, no loop devices: what still holds. */
describe("namespaces for a server that is an ordinary user", () => {
  let directory: string;
  before(async () => {
    directory = mkdtempSync(join(tmpdir(), "lambkin-ordinary-"));
    chmodSync(directory, 0o777);
    await seedCache(join(directory, "lambkin"), NOBODY);
  });
  after(() => rmSync(directory, { recursive: true, force: true }));

  it("keep the walls and the limits", async (context) => {
    const root = process.getuid?.() === 0;
    if (root && !(readableByAll(PROGRAM) && readableByAll(process.execPath)))
      return context.skip("this checkout lies where other users can't read it");
    const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM], {
      env: { PATH: process.env["PATH"], TMPDIR: directory, XDG_CACHE_HOME: directory },
      maxBuffer: MIB,
      ...(root ? { uid: NOBODY, gid: NOBODY } : {}),
    });
    const found = JSON.parse(stdout) as Findings;
    assert.notEqual(found.outsideUser, 0);
    assert.equal(found.user.output, "993\nhello from the package\n\n");
    assert.equal(found.write.output, "write EROFS\n");
    assert.equal(found.host.output, "read ENOENT\n");
    const calls = facts(found.calls.output);
    for (const name of ["mount", "unshare-user", "clone-user", "ptrace", "keyctl", "bpf"])
      assert.equal(calls.get(name), "EPERM", name);
    // Outside, the server and its functions are one user, so only the namespaces stand between them.
    const outside = facts(found.outside);
    for (const name of ["environ", "mem"]) assert.equal(outside.get(name), "ok", `the control, ${name}`);
    assert.equal(found.neighbour.signal, "signal ESRCH\n");
    assert.equal(found.neighbour.environ, "read ENOENT\n");
    const control = facts(found.neighbour.control);
    const init = facts(found.neighbour.init);
    for (const name of ["process_vm_readv", "pidfd_getfd"]) {
      assert.equal(control.get(name), "ok", `the control, ${name}`);
      assert.equal(init.get(name), "EPERM", name);
    }
    assert.equal(found.small.output, "allocated\n");
    assert.ok(found.peakBytes >= 60 * MIB && found.peakBytes < 80 * MIB, `peak ${found.peakBytes}`);
    assert.deepEqual(found.large.exit, { signal: "SIGKILL", outOfMemory: true });
    assert.match(found.fill.output, /^6[0-4] ENOSPC$/m);
    assert.equal(found.attached.output, "hello from the package\nread-only\n");
    assert.match(
      found.onTheirWay,
      /^[1-9]\d+ ETOOMANYREFS\n$/,
      "the control: no more descriptors on their way",
    );
    assert.equal(found.besideIt.output, "alive\n", "another sandbox comes to be all the same");
    assert.equal(found.whileFrozen, 0);
    assert.equal(found.killed.signal, "SIGKILL");
    assert.equal(found.report.tier, "namespaces");
  });
});
