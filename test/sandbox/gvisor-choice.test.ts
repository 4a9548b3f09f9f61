import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import { cacheDirectory } from "../../src/base/index.ts";
import { findRunsc } from "../../src/environments/sandbox/gvisor/gvisor-tier.ts";
import { spawnerOf } from "./world.ts";

const COMMAND = join(import.meta.dirname, "../../bin/lambkin.cjs");

/** Takes the place of gVisor, and can't do what that does. */
const BROKEN = `#include <stdio.h>
int main(void) {
  fputs("creating container: the \\"platform\\" is not there\\n", stderr);
  return 128;
}
`;

describe("the choice of gVisor", () => {
  let directory: string;
  let programs: string;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "lambkin-gvisor-choice-"));
    await chmod(directory, 0o755);
    programs = join(directory, "programs");
    await mkdir(programs);
    await symlink(process.execPath, join(programs, "node"));
  });
  after(() => rm(directory, { recursive: true, force: true }));

  async function start(...options: string[]): Promise<{ code: number | null; said: string; pid: number }> {
    const child = spawn(process.execPath, [COMMAND, "start", "--ephemeral", "--port", "0", ...options], {
      env: { PATH: programs, TMPDIR: directory, XDG_CACHE_HOME: dirname(cacheDirectory()) },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let said = "";
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text: string) => (said += text));
    const [code] = (await once(child, "close")) as [number | null];
    return { code, said, pid: child.pid ?? 0 };
  }

  it("is refused where it is not installed, and says what to do", async () => {
    const { code, said } = await start("--isolation", "gvisor");
    assert.equal(code, 1);
    assert.match(said, /there is no runsc in PATH: install it \(https:\/\/gvisor\.dev/);
    await assert.rejects(findRunsc("/absent"), /there is no program at \/absent: install it/);
  });

  it("is refused where it does not work, by what it said, and nothing weaker is used", async () => {
    const broken = join(directory, "broken");
    await writeFile(`${broken}.c`, BROKEN);
    await promisify(execFile)("cc", ["-static", "-o", broken, `${broken}.c`]);
    programs = process.env["PATH"] ?? "";
    const { code, said, pid } = await start("--isolation", "gvisor", "--runsc", broken);
    assert.equal(code, 1, said);
    assert.match(said, /gVisor \(.*broken\) does not run functions here: .*the {2}platform {2}is not there/);
    assert.doesNotMatch(said, /ready on/);
    assert.equal(await spawnerOf(pid), undefined);
  });

  it("takes the program only with the tier", async () => {
    const { code, said } = await start("--runsc", "/bin/true");
    assert.equal(code, 2);
    assert.match(said, /--runsc goes with --isolation gvisor/);
  });

  it("finds the first program of that name in PATH, and follows links to it", async () => {
    const [first, second] = [join(directory, "first"), join(directory, "second")];
    await Promise.all([mkdir(first), mkdir(second)]);
    await writeFile(join(first, "runsc"), "not executable", { mode: 0o644 });
    await writeFile(join(second, "real"), "", { mode: 0o755 });
    await symlink("real", join(second, "runsc"));
    assert.equal(
      await findRunsc(undefined, ["relative", first, second].join(delimiter)),
      join(second, "real"),
    );
    await assert.rejects(findRunsc(undefined, first), /no runsc in PATH/);
  });
});
