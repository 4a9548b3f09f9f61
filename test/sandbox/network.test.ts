import assert from "node:assert/strict";
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, chown, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, afterEach, before, describe, it } from "node:test";
import { promisify } from "node:util";
import { seedCache } from "../../testkit/seeded-cache.ts";
import { stopped, until } from "./observe.ts";
import { NOBODY } from "./ordinary-rights.ts";
import { FAR, HOST, METADATA, RESOLVER, TestNetwork } from "./test-network.ts";
import { compileInside, spawnerOf } from "./world.ts";

const UNIT = join(import.meta.dirname, "../../docs/deploy/lambkin.service");
const OBSERVER = join(import.meta.dirname, "network-observer.ts");
/** A packet without an answer, or the refusal of a router. */
const NO_WAY = /^connect (EINPROGRESS|EHOSTUNREACH|ENETUNREACH)$/;

describe("the way out of sandboxes", () => {
  const network = new TestNetwork();
  let directory: string;
  let program: string;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "lambkin-network-"));
    for (const user of [0, NOBODY]) {
      await mkdir(join(directory, String(user)));
      await chown(join(directory, String(user)), user, user);
      await seedCache(join(directory, String(user), "lambkin"), user);
    }
    await chmod(directory, 0o755);
    program = join(directory, "inside");
    await compileInside(program);
    await writeFile(join(directory, "resolv.conf"), `nameserver ${RESOLVER}\n`);
    await promisify(execFile)("mknod", ["-m", "666", join(directory, "tun"), "c", "10", "200"]);
    await network.open(program);
  });
  const children: ChildProcess[] = [];
  afterEach(() => {
    for (const child of children.splice(0)) child.kill("SIGKILL");
  });
  after(async () => {
    await network.close();
    await rm(directory, { recursive: true, force: true });
  });

  /** A server on the network's host, with the network's resolver; what it observed, and its process. */
  function observe(user: number, ...what: string[]) {
    return observePrepared(user, "true", ...what);
  }

  /** The same after a command in its mount namespace. */
  async function observePrepared(
    user: number,
    preparation: string,
    ...what: string[]
  ): Promise<{ observed: Record<string, string>; child: ChildProcess }> {
    const prepare = [
      `mount --bind ${join(directory, "resolv.conf")} /etc/resolv.conf`,
      // As udev leaves it on most machines: open to every user, who gets only what belongs to its own namespaces.
      `mount --bind ${join(directory, "tun")} /dev/net/tun`,
      preparation,
    ].join(" && ");
    const drop = user === 0 ? "" : `setpriv --reuid ${user} --regid ${user} --clear-groups`;
    const command = ["unshare", "-m", "sh", "-c", `${prepare} && exec ${drop} "$@"`, "sh", process.execPath];
    const child = spawn("nsenter", network.hostArguments([...command, OBSERVER, ...what]), {
      stdio: ["pipe", "pipe", "inherit"],
      env: {
        ...process.env,
        TMPDIR: join(directory, String(user)),
        XDG_CACHE_HOME: join(directory, String(user)),
      },
    });
    children.push(child);
    assert.ok(child.stdout !== null);
    const ended = once(child, "exit").then(() => assert.fail("the observer ended without a word"));
    const [line] = (await Promise.race([once(createInterface({ input: child.stdout }), "line"), ended])) as [
      string,
    ];
    return { observed: JSON.parse(line) as Record<string, string>, child };
  }

  async function end({ child }: { child: ChildProcess }): Promise<void> {
    child.stdin?.end();
    if (child.exitCode === null) await once(child, "exit");
    assert.equal(child.exitCode, 0);
  }

  const links = () => network.onHost("sh", "-c", "ls /proc/sys/net/ipv4/conf");
  const forwarding = async () => (await network.onHost("cat", "/proc/sys/net/ipv4/ip_forward")).trim();
  const tables = () => network.onHost(program, "tables");

  it("has controls: the host reaches everything that functions are kept from", async () => {
    for (const [address, port] of [
      [FAR, "80"],
      [FAR, "25"],
      [METADATA, "80"],
      [HOST, "7001"],
      ["127.0.0.1", "7001"],
    ] as const)
      assert.match(await network.onHost(program, "reach", address, port), /^connected /, address);
    assert.match(await network.outside(program, "reach", HOST, "7001"), /^connected /);
  });

  function assertWalls(observed: Record<string, string>): void {
    assert.equal(observed["far"], `connected ${HOST}`, JSON.stringify(observed["report"]));
    assert.equal(observed["named"], FAR);
    for (const kept of ["host", "hostLink", "metadata", "smtp", "neighbour", "slirpHost"])
      assert.match(observed[kept] ?? "", NO_WAY, kept);
    assert.equal(observed["loopback"], "connect ECONNREFUSED");
    assert.match(observed["neighbourAddress"] ?? "", /^169\.254\.\d+\.\d+$/);
    assert.match(observed["router"] ?? "", /^169\.254\.\d+\.\d+$/);
    assert.notEqual(observed["neighbourAddress"], observed["router"], "its own address, not its router's");
    assert.match(observed["neighbourItself"] ?? "", /^connected /, "a control");
    assert.match(observed["addresses6"] ?? "", /^1: lo\b.* ::1\/128 [^\n]*$/, "no other than the loopback's");
    assert.equal(observed["loopback6"], "connected ::1");
    assert.equal(observed["far6"], "connect ENETUNREACH");
  }

  it("leads to the network alone, as root, and is undone on exit", async () => {
    assert.equal(await forwarding(), "0");
    const running = await observe(0, "reach");
    assertWalls(running.observed);
    assert.match(await links(), /^lambkin0$/m);
    assert.equal(await tables(), "lambkin0\n");
    assert.equal(await forwarding(), "1");
    await end(running);
    assert.doesNotMatch(await links(), /lambkin/);
    assert.equal(await tables(), "");
    assert.equal(await forwarding(), "0");
  });

  it("leads to the network alone, as an ordinary user", async () => {
    const running = await observe(NOBODY, "reach");
    assertWalls(running.observed);
    assert.doesNotMatch(await links(), /lambkin/);
    assert.equal(await forwarding(), "0");
    await end(running);
  });

  it("leaves nothing open when spawner and server are killed, and the next server puts the rest back", async () => {
    const { child } = await observe(0);
    const spawner = await spawnerOf(child.pid ?? 0);
    assert.ok(spawner !== undefined);
    // Or the server would start another spawner in between, which would leave in good order.
    child.kill("SIGSTOP");
    await until(() => stopped(child.pid ?? 0));
    process.kill(spawner, "SIGKILL");
    child.kill("SIGKILL");
    await once(child, "exit");
    await until(async () => !/lambkin/.test(await links()));
    await until(async () => (await tables()) === "");
    assert.equal(await forwarding(), "1");
    await end(await observe(0));
    assert.equal(await forwarding(), "0");
  });

  it("is undone by a unit of systemd, to which /run is read-only but for its own directory", async () => {
    const unit = await readFile(UNIT, "utf8");
    assert.match(unit, /^ProtectSystem=strict$/m);
    const [, own = ""] = /^RuntimeDirectory=(.+)$/m.exec(unit) ?? [];
    const readOnly = (...writable: string[]) =>
      [
        "mount -t tmpfs run /run",
        ...writable.flatMap((name) => [`mkdir /run/${name}`, `mount --bind /run/${name} /run/${name}`]),
        "mount -o remount,bind,ro /run",
      ].join(" && ");
    await end(await observePrepared(0, readOnly()));
    assert.equal(await forwarding(), "1", "the control");
    await network.onHost("sh", "-c", "echo 0 >/proc/sys/net/ipv4/ip_forward");

    const running = await observePrepared(0, readOnly(own));
    assert.equal(await forwarding(), "1");
    await end(running);
    assert.equal(await forwarding(), "0");
  });

  it("stays open for one server while another on the same host ends", async () => {
    const [first, second] = await Promise.all([observe(0), observe(0)]);
    assert.deepEqual((await tables()).trim().split("\n").sort(), ["lambkin0", "lambkin1"]);
    await end(first);
    assert.equal(await forwarding(), "1");
    await end(second);
    assert.equal(await forwarding(), "0");
  });
});
