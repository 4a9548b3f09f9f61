import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Sandbox } from "../../src/environments/sandbox/index.ts";
import { compileInside, inside, type SandboxWorld, sh } from "./world.ts";

/** Attempts that fail alike in every tier that isolates. Each has a control that shows that the attempt is sound. */

/** The test program on the host, as the user of this test. */
export async function outside(world: SandboxWorld, ...arguments_: readonly string[]): Promise<string> {
  return (await promisify(execFile)(world.program, arguments_)).stdout;
}

/** `sandboxWith` gives one that has the package as `/var/task` and as `/opt`. */
export async function assertNoWayByLinks(
  world: SandboxWorld,
  sandboxWith: (source: string) => Promise<Sandbox>,
): Promise<void> {
  const source = join(world.directory, "linked");
  await mkdir(source);
  const secret = join(world.directory, "secret.txt");
  await writeFile(secret, "a secret of the host\n");
  await symlink("/", join(source, "root"));
  await symlink(secret, join(source, "secret"));
  await symlink("../".repeat(20) + secret.slice(1), join(source, "climbing"));
  await compileInside(join(source, "inside"));
  const links = ["secret", "climbing", `root${secret}`, "root/etc/shadow", "root/root"];
  for (const name of links)
    assert.equal(await outside(world, "read", join(source, name)), "read ok\n", `the control of ${name}`);
  const sandbox = await sandboxWith(source);
  for (const place of ["/var/task", "/opt"])
    for (const name of links)
      assert.equal((await inside(sandbox, "read", `${place}/${name}`)).output, "read ENOENT\n", name);
  assert.match((await sh(sandbox, "ls /var/task/root/var")).output, /^lang\n(rapid\n)?runtime\ntask\n$/);
  await sandbox.destroy();
}

/** Neither to a listener of the host nor, without a way out, to any address. */
export async function assertNoWayToHost(world: SandboxWorld, sandbox: Sandbox): Promise<void> {
  const server = createServer((socket) => socket.end("host")).listen(0, "0.0.0.0");
  await once(server, "listening");
  const port = String((server.address() as AddressInfo).port);
  const reach = async (address: string) => (await inside(sandbox, "reach", address, port)).output;
  try {
    assert.equal(await outside(world, "reach", "127.0.0.1", port), "connected host\n", "the control");
    assert.equal(await reach("127.0.0.1"), "connect ECONNREFUSED\n");
    const own = Object.values(networkInterfaces())
      .flatMap((list) => list ?? [])
      .filter(({ family, internal }) => family === "IPv4" && !internal)
      .map(({ address }) => address);
    for (const address of [...own, "169.254.169.254", "192.0.2.1"])
      assert.equal(await reach(address), "connect ENETUNREACH\n", address);
  } finally {
    server.close();
  }
}

export async function assertNoWayByAbstractSocket(world: SandboxWorld, sandbox: Sandbox): Promise<void> {
  const name = `lambkin-abstract-${process.pid}`;
  const server = createServer((socket) => socket.destroy()).listen(`\0${name}`);
  await once(server, "listening");
  try {
    assert.equal(await outside(world, "reach-abstract", name), "connect ok\n", "the control");
    assert.equal((await inside(sandbox, "reach-abstract", name)).output, "connect ECONNREFUSED\n");
  } finally {
    server.close();
  }
}

/** Neither of the host nor of a neighbour. */
export async function assertNoWayBySharedMemory(
  world: SandboxWorld,
  sandbox: Sandbox,
  neighbour: Sandbox,
): Promise<void> {
  const key = String(0x4c000000 + process.pid);
  const look = async (from: Sandbox, ...how: string[]) =>
    (await inside(from, "shared-memory", key, ...how)).output;
  try {
    assert.equal(await outside(world, "shared-memory", key, "create"), "shared-memory ok\n");
    assert.equal(await outside(world, "shared-memory", key), "shared-memory ok\n", "the control");
    assert.equal(await look(sandbox), "shared-memory ENOENT\n");
    assert.equal(await look(neighbour, "create"), "shared-memory ok\n");
    assert.equal(await look(neighbour), "shared-memory ok\n", "the control");
    assert.equal(await look(sandbox), "shared-memory ENOENT\n");
  } finally {
    await outside(world, "remove-shared-memory", key);
  }
}
