import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { TierColumn } from "../../src/environments/index.ts";
import { seedCache } from "../../testkit/seeded-cache.ts";

const COMMAND = join(import.meta.dirname, "../../bin/lambkin.cjs");
const NOBODY = 65534;

interface Report {
  readonly isolation: { readonly tier: string };
  readonly tiers: readonly TierColumn[];
}

describe("lambkin doctor", () => {
  let directory: string;
  let asRoot: Promise<Report>;
  before(async () => {
    assert.equal(process.getuid?.(), 0, "this test runs as root");
    directory = mkdtempSync(join(tmpdir(), "lambkin-doctor-test-"));
    chmodSync(directory, 0o777);
    mkdirSync(join(directory, "no-programs"));
    for (const user of [0, NOBODY]) {
      mkdirSync(cacheHome(user));
      await seedCache(join(cacheHome(user), "lambkin"), user);
    }
    asRoot = doctor(["--json"]).then(({ output, code }) => {
      assert.equal(code, 0);
      return JSON.parse(output) as Report;
    });
  });
  after(() => rmSync(directory, { recursive: true, force: true }));

  const cacheHome = (user: number) => join(directory, `cache-${user}`);

  async function doctor(
    arguments_: readonly string[],
    options: { readonly user?: number; readonly path?: string } = {},
  ): Promise<{ output: string; code: number | null }> {
    const user = options.user ?? 0;
    const child = spawn(
      process.execPath,
      [COMMAND, "doctor", "--data", join(directory, "data"), ...arguments_],
      {
        env: {
          PATH: options.path ?? process.env["PATH"],
          TMPDIR: directory,
          XDG_CACHE_HOME: options.path === undefined ? cacheHome(user) : join(directory, "empty-cache"),
        },
        stdio: ["ignore", "pipe", "inherit"],
        uid: user,
        gid: user,
      },
    );
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
    const [code] = (await once(child, "close")) as [number | null];
    return { output, code };
  }

  function verdicts({ limits }: TierColumn): Record<string, string> {
    return Object.fromEntries(
      limits.map(({ name, holds, partly }) => [
        name,
        holds ? (partly === true ? "partly" : "holds") : "open",
      ]),
    );
  }

  it("puts the tiers side by side, as root", async () => {
    const { tiers, isolation } = await asRoot;
    assert.equal(isolation.tier, "namespaces");
    const [gvisor, ...others] = tiers;
    assert.deepEqual([gvisor?.name, gvisor?.current, gvisor?.gains], ["gVisor", false, ["kernel"]]);
    assert.deepEqual(
      others.map(({ name, current, tried }) => [name, current, tried]),
      [
        ["namespaces, root", true, true],
        ["namespaces, ordinary user", false, false],
        ["process", false, true],
      ],
    );
    const names = tiers.map(({ limits }) => limits.map(({ name }) => name).join());
    assert.equal(new Set(names).size, 1, "the same limits in each");
    const [root, ordinary, plain] = others.map(verdicts);
    assert.deepEqual([root?.["user"], ordinary?.["user"], ordinary?.["memory"]], ["holds", "open", "partly"]);
    assert.deepEqual(
      [plain?.["isolation"], plain?.["processes"], plain?.["memory"]],
      ["open", "open", "partly"],
    );
    assert.deepEqual(others[0]?.gains, []);
  });

  it("tells an ordinary user what root would gain, and finds what it expects of one", async () => {
    const { output, code } = await doctor(["--json"], { user: NOBODY });
    assert.equal(code, 0);
    const { tiers } = JSON.parse(output) as Report;
    const [, root, ordinary] = tiers;
    assert.ok(root !== undefined && ordinary !== undefined);
    assert.deepEqual([ordinary.current, ordinary.tried, root.tried], [true, true, false]);
    for (const name of ["user", "memory", "cpu", "/tmp"]) assert.ok(root.gains.includes(name), name);
    const expected = (await asRoot).tiers[2];
    assert.ok(expected !== undefined);
    const withoutEgress = (column: TierColumn) => ({ ...verdicts(column), "internet egress": "" });
    assert.deepEqual(withoutEgress(ordinary), withoutEgress(expected));
  });

  it("falls to plain processes without a compiler, fails, and says what namespaces would give", async () => {
    const { output, code } = await doctor([], { path: join(directory, "no-programs") });
    assert.equal(code, 1);
    assert.match(output, /^isolation: process$/m);
    assert.match(output, /no C compiler/);
    assert.match(output, /^tier by limit +gVisor +namespaces, root +namespaces, ordinary user +process$/m);
    assert.match(output, /^( +\(expected\)){3} +\(used\)$/m);
    assert.match(output, /^ {2}isolation +holds +holds +holds +open$/m);
    assert.match(output, /^ {2}namespaces, root: isolation, .*read-only root.*$/m);
  });
});
