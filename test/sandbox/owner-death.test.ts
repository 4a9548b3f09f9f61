import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, describe, it } from "node:test";
import { silentLog, systemClock } from "../../src/base/index.ts";
import { openSandboxTier } from "../../src/environments/sandbox/index.ts";
import { seedCache } from "../../testkit/seeded-cache.ts";
import { until } from "./observe.ts";
import { NOBODY, readableByAll } from "./ordinary-rights.ts";
import { loopDevices, processesWith, spawnerCgroups, spawnerOf } from "./world.ts";

const OWNER = join(import.meta.dirname, "owner.ts");

describe("the death of a sandbox's owner", () => {
  let directory: string;
  let owners = 0;

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), "lambkin-owner-"));
    chmodSync(directory, 0o777);
    await seedCache(join(directory, "cache"));
    await seedCache(join(directory, "cache-of-nobody"), NOBODY);
  });
  after(() => rmSync(directory, { recursive: true, force: true }));

  interface Owner {
    readonly child: ChildProcess;
    readonly state: string;
    readonly token: string;
    readonly spawner: number;
    readonly facts: { readonly tier: string; readonly report: readonly { name: string; detail: string }[] };
  }

  async function owner(uid?: number): Promise<Owner> {
    owners++;
    const token = `lambkin-token-${process.pid}-${owners}`;
    const state = join(directory, `state-${owners}`);
    const cache = join(directory, uid === undefined ? "cache" : "cache-of-nobody");
    const child = spawn(process.execPath, [OWNER, cache, state, token], {
      stdio: ["ignore", "pipe", "inherit"],
      detached: true,
      ...(uid === undefined ? {} : { uid, gid: uid }),
    });
    const [line] = (await once(
      createInterface({ input: child.stdout as NodeJS.ReadableStream }),
      "line",
    )) as [string];
    const facts = JSON.parse(line) as Owner["facts"];
    assert.equal(facts.tier, "namespaces", line);
    const spawner = await spawnerOf(child.pid as number);
    assert.ok(spawner !== undefined, "a control: its spawner runs");
    // A control: its functions run. In the middle of an execve they have no command line.
    await until(async () => (await processesWith(token)).length >= 4);
    if (uid === undefined) assert.ok((await spawnerCgroups(spawner)).length > 0, "a control: it has cgroups");
    return { child, state, token, spawner, facts };
  }

  async function nothingIsLeft({ state, token, spawner }: Owner): Promise<void> {
    await until(async () => (await processesWith(token)).length === 0);
    await until(async () => (await processesWith(join(state, "namespaces"))).length === 0);
    await until(async () => (await spawnerCgroups(spawner)).length === 0);
    await until(async () => (await loopDevices(directory)).length === 0);
  }

  it("leaves nothing when the server is killed", async () => {
    const victim = await owner();
    process.kill(victim.child.pid as number, "SIGKILL");
    await nothingIsLeft(victim);
  });

  it("leaves nothing when the server's whole process group is killed", async () => {
    const victim = await owner();
    process.kill(-(victim.child.pid as number), "SIGKILL");
    await nothingIsLeft(victim);
  });

  it("leaves nothing running when server and spawner are killed at once, and the next server clears the rest", async () => {
    const victim = await owner();
    process.kill(victim.spawner, "SIGKILL");
    process.kill(victim.child.pid as number, "SIGKILL");
    await until(async () => (await processesWith(victim.token)).length === 0);
    const tier = await openSandboxTier({
      cacheDirectory: join(directory, "cache"),
      stateDirectory: victim.state,
      endpointPort: 4566,
      clock: systemClock,
      log: silentLog,
    });
    await tier.close();
    await nothingIsLeft(victim);
  });

  it("holds for a server that is an ordinary user, too", async (context) => {
    if (process.getuid?.() !== 0) return context.skip("only root can become another user");
    if (!readableByAll(OWNER) || !readableByAll(process.execPath))
      return context.skip("this checkout lies where other users can't read it");
    const victim = await owner(NOBODY);
    const detail = (name: string) => victim.facts.report.find((limit) => limit.name === name)?.detail ?? "";
    assert.match(detail("user"), /the user of the server/);
    assert.match(detail("memory"), /resident size/);
    process.kill(victim.child.pid as number, "SIGKILL");
    await nothingIsLeft(victim);
  });
});
