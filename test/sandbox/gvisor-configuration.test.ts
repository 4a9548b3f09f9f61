import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { guestTree } from "../../src/environments/sandbox/gvisor/guest-tree.ts";
import { ociConfiguration } from "../../src/environments/sandbox/gvisor/oci-configuration.ts";
import { gvisorReport } from "../../src/environments/sandbox/gvisor/report.ts";
import { expectedReport } from "../../src/environments/sandbox/spawner/report.ts";
import { rootFields } from "../../src/environments/sandbox/spawner/root-tree.ts";

interface Configuration {
  readonly process: {
    readonly args: readonly string[];
    readonly noNewPrivileges: boolean;
    readonly capabilities: Readonly<Record<string, readonly string[]>>;
  };
  readonly root: { readonly path: string; readonly readonly: boolean };
  readonly mounts: readonly {
    readonly destination: string;
    readonly type: string;
    readonly source: string;
    readonly options: readonly string[];
  }[];
  readonly linux: { readonly namespaces: readonly { readonly type: string }[] };
}

describe("the configuration of gVisor", () => {
  const configuration = ociConfiguration({ root: "/root" }) as Configuration;

  it("gives its init what it gives functions their user by, a root that is read-only, and nothing more", () => {
    const { process, root } = configuration;
    assert.equal(process.noNewPrivileges, true);
    const { inheritable, ambient, ...held } = process.capabilities;
    assert.deepEqual([inheritable, ambient], [[], []], "nothing passes on by itself");
    for (const [set, names] of Object.entries(held))
      assert.deepEqual([...names].sort(), ["CAP_KILL", "CAP_SETGID", "CAP_SETPCAP", "CAP_SETUID"], set);
    assert.deepEqual(Object.keys(held).sort(), ["bounding", "effective", "permitted"]);
    assert.deepEqual(root, { path: "/root", readonly: true });
  });

  it("has the network of its sandbox, and everything else of its own", () => {
    assert.deepEqual(
      configuration.linux.namespaces.map(({ type }) => type),
      ["pid", "ipc", "uts", "mount"],
    );
  });

  it("takes the /tmp of the sandbox, or keeps one of that size", () => {
    const tmp = ({ mounts }: Configuration) => mounts.find(({ destination }) => destination === "/tmp");
    const onDisk = tmp(configuration);
    assert.deepEqual([onDisk?.type, onDisk?.source], ["bind", "/root/tmp"]);
    const inMemory = tmp(ociConfiguration({ root: "/root", tmpBytes: 4096 }) as Configuration);
    assert.equal(inMemory?.type, "tmpfs");
    assert.deepEqual(inMemory.options.slice(0, 4), ["size=4096", "mode=0700", "uid=993", "gid=990"]);
    for (const mount of [onDisk, inMemory])
      assert.deepEqual(
        ["nosuid", "nodev"].filter((option) => mount?.options.includes(option)),
        ["nosuid", "nodev"],
      );
  });

  it("lies in a tree where the functions' is a directory, without the devices of the host", () => {
    const system = [
      ["m", "/usr", "/usr"],
      ["l", "/bin", "usr/bin"],
      ["f", "/etc/hostname", "sandbox\n"],
      ["n", "/dev/random", "/dev/random"],
      ["d", "/mnt"],
    ] as const;
    const mounts = [
      { source: "/layers", target: "/opt" },
      { source: "/package", target: "/var/task" },
    ];
    const tree = guestTree(rootFields(system, mounts, "nameserver 1.1.1.1\n"), {
      runsc: "/bin/runsc",
      spawner: "/cache/spawner",
    });
    const mark = tree.indexOf("-");
    const [shared, own] = [tree.slice(0, mark), tree.slice(mark + 1)];
    const functions = shared.slice(shared.indexOf("/root/usr") - 1);
    assert.deepEqual(functions, [
      ...["m", "/root/usr", "/usr"],
      ...["l", "/root/bin", "usr/bin"],
      ...["f", "/root/etc/hostname", "sandbox\n"],
      ...["d", "/root/mnt"],
      ...["f", "/root/etc/resolv.conf", "nameserver 1.1.1.1\n"],
    ]);
    assert.deepEqual(own, ["m", "/root/opt", "/layers", "m", "/root/var/task", "/package"]);
    assert.ok(!tree.includes("/dev/random"));
    const init = configuration.process.args[0] ?? "";
    assert.equal(tree[tree.indexOf(`/root${init}`) + 1], "/cache/spawner");
    assert.deepEqual(JSON.parse(tree[tree.indexOf("/bundle/config.json") + 1] ?? ""), configuration);
  });

  it("is reported with what it adds and costs", () => {
    const around = expectedReport(true, true);
    const report = gvisorReport(around);
    assert.equal(report.tier, "gvisor");
    assert.deepEqual(
      report.limits.map(({ name }) => name),
      around.limits.map(({ name }) => name),
    );
    const find = (name: string) => report.limits.find((limit) => limit.name === name);
    assert.deepEqual([find("kernel")?.holds, around.limits[1]?.holds], [true, false]);
    assert.equal(find("memory")?.partly, true);
    assert.match(find("memory")?.detail ?? "", /96 MiB more for gVisor/);
  });
});
