import { lstat, readdir, readlink } from "node:fs/promises";
import { join } from "node:path";
import type { SandboxMount, SandboxSpec } from "../interfaces.ts";

/** One entry of a sandbox's file tree, as fields of a request: kind, path, and what the kind needs. */
export type RootEntry =
  | readonly ["d", path: string]
  | readonly ["l", path: string, target: string]
  | readonly ["f", path: string, content: string]
  | readonly ["m" | "c", path: string, source: string]
  | readonly ["n", path: string, source: string];

/** Programs and libraries of the host; links where it merged them into /usr. */
const SYSTEM_DIRECTORIES = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"];

/** The parts of /etc that programs of the host look for and that tell nothing of it. */
const SYSTEM_SETTINGS =
  /^(alternatives|ca-certificates|crypto-policies|fonts|java(-.*)?|ld\.so\.(cache|conf|conf\.d)|mime\.types|pki|protocols|services|ssl)$/;

const DEVICES = ["null", "zero", "full", "random", "urandom"];

const FILES: Readonly<Record<string, string>> = {
  "/etc/passwd":
    "root:x:0:0:root:/root:/sbin/nologin\nsbx_user1051:x:993:990::/home/sbx_user1051:/sbin/nologin\nnobody:x:65534:65534:nobody:/:/sbin/nologin\n",
  "/etc/group": "root:x:0:\nsbx_user1051:x:990:\nnogroup:x:65534:\n",
  "/etc/hosts": "127.0.0.1 localhost sandbox.localdomain sandbox\n",
  "/etc/hostname": "sandbox\n",
  "/etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\nservices: files\nprotocols: files\n",
};

const LINKS: Readonly<Record<string, string>> = {
  // The clock of an execution environment is UTC.
  "/etc/localtime": "/usr/share/zoneinfo/UTC",
  "/etc/mtab": "/proc/self/mounts",
  "/dev/fd": "/proc/self/fd",
  "/dev/stdin": "/proc/self/fd/0",
  "/dev/stdout": "/proc/self/fd/1",
  "/dev/stderr": "/proc/self/fd/2",
};

/** Places that exist in every execution environment, also while nothing is mounted there. */
const PLACES = ["/var/task", "/var/runtime", "/var/lang", "/opt", "/mnt"];

/** Where a function has what others don't: its package, its layers. */
const OWN_PLACES: readonly string[] = ["/var/task", "/opt"];

/** The part of the tree that all sandboxes of this machine share. */
export async function systemTree(): Promise<RootEntry[]> {
  const entries: RootEntry[] = [];
  for (const path of SYSTEM_DIRECTORIES) {
    const status = await lstat(path).catch(() => undefined);
    if (status?.isSymbolicLink()) entries.push(["l", path, await readlink(path)]);
    else if (status?.isDirectory()) entries.push(["m", path, path]);
  }
  for (const name of (await readdir("/etc")).filter((name) => SYSTEM_SETTINGS.test(name)).sort())
    entries.push(["m", join("/etc", name), join("/etc", name)]);
  for (const [path, content] of Object.entries(FILES)) entries.push(["f", path, content]);
  for (const [path, target] of Object.entries(LINKS)) entries.push(["l", path, target]);
  for (const name of DEVICES) entries.push(["n", `/dev/${name}`, `/dev/${name}`]);
  for (const path of PLACES) entries.push(["d", path]);
  return entries;
}

/**
 * The fields of the whole tree. Mounts go outside in, so that one may lie in another. What stands before the mark is
 * made once for all sandboxes that have the same there; after it come mounts on places that every tree has.
 */
export function rootFields(
  system: readonly RootEntry[],
  mounts: SandboxSpec["mounts"],
  resolvers = "",
): string[] {
  const sorted = [...mounts].sort((a, b) => a.target.length - b.target.length);
  const entry = ({ source, target, exact }: SandboxMount): RootEntry => [
    exact === true ? "c" : "m",
    target,
    source,
  ];
  // What lies in one of them would be hidden by it.
  const nested = mounts.some(({ target }) => OWN_PLACES.some((place) => target.startsWith(`${place}/`)));
  const own = nested ? [] : sorted.filter(({ target }) => OWN_PLACES.includes(target));
  const shared = sorted.filter((mount) => !own.includes(mount));
  return [
    ...[...system, ["f", "/etc/resolv.conf", resolvers] as const, ...shared.map(entry)].flat(),
    "-",
    ...own.flatMap(entry),
  ];
}
