import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import { compileInside, facts, ORIGINS } from "./world.ts";

const run = promisify(execFile);
const OWNER = path.join(import.meta.dirname, "terminal-owner.ts");

/** Keys pressed and texts pasted (TIOCSTI, TIOCLINUX) at the terminal that somebody started the server from. */
describe("the terminal of whoever started the server", () => {
  let directory: string;
  let attacks: string;
  before(async () => {
    directory = await mkdtemp(path.join(tmpdir(), "lambkin-terminals-"));
    attacks = path.join(directory, "attacks");
    await compileInside(attacks, "attacks.c");
  });
  after(() => rm(directory, { recursive: true, force: true }));

  async function atTerminal(
    ...command: readonly string[]
  ): Promise<{ text: string; found: Map<string, string> }> {
    const { stdout } = await run(attacks, ["on-terminal", ...command]);
    const text = stdout.replaceAll("\r", "");
    return { text, found: facts(text) };
  }

  it("takes keys from a program that it controls, the control", async () => {
    const { text, found } = await atTerminal(attacks, "terminals");
    assert.equal(found.get("descriptors"), "3");
    assert.equal(found.get("controlling"), "one");
    assert.equal(found.get("another"), "ok");
    // What was typed comes out as if somebody had.
    assert.match(text, /^xkeys ok$/m);
    if (existsSync("/dev/tty0")) assert.equal(found.get("console"), "ok");
  });

  for (const origin of ORIGINS)
    it(`is in no reach of a sandbox that ${origin} forked, and no other is`, async () => {
      const { found } = await atTerminal(process.execPath, OWNER, origin);
      assert.equal(found.get("server"), "at-terminal", "the control");
      assert.equal(found.get("descriptors"), "0");
      assert.equal(found.get("controlling"), "none");
      for (const name of ["keys", "console", "another"]) assert.equal(found.get(name), "ENOENT", name);
    });

  it("is in no reach of a plain process of a server run by root, which may make another", async () => {
    const { found } = await atTerminal(process.execPath, OWNER, "process");
    assert.equal(found.get("server"), "at-terminal", "the control");
    assert.equal(found.get("descriptors"), "0");
    assert.equal(found.get("controlling"), "none");
    assert.equal(found.get("keys"), "ENXIO");
    assert.notEqual(found.get("console"), "ok");
  });
});
