/**
 * `npm run lockfile`, after a change of dependencies: writes entries for the optional packages of other platforms that
 * the registry in use did not offer. npm 12 refuses a lock file without them; older ones do not mind.
 */
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

interface LockEntry {
  readonly version?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly libc?: readonly string[];
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const file = path.join(import.meta.dirname, "..", "package-lock.json");

/** Platform words in the names of such packages, and what npm calls them. */
const SYSTEMS: readonly (readonly [pattern: RegExp, os: string])[] = [
  [/android/, "android"],
  [/darwin/, "darwin"],
  [/freebsd/, "freebsd"],
  [/netbsd/, "netbsd"],
  [/openbsd/, "openbsd"],
  [/sunos/, "sunos"],
  [/aix/, "aix"],
  [/openharmony/, "openharmony"],
  [/win32|windows/, "win32"],
  [/linux/, "linux"],
];
const PROCESSORS = [
  "arm64",
  "arm",
  "x64",
  "ia32",
  "ppc64",
  "riscv64",
  "s390x",
  "loong64",
  "mips64el",
  "wasm32",
];

function platformOf(name: string): Pick<LockEntry, "os" | "cpu" | "libc"> {
  const os = SYSTEMS.find(([pattern]) => pattern.test(name))?.[1];
  const cpu = PROCESSORS.find((word) => new RegExp(`(^|[-_/])${word}`).test(name));
  const libc = /musl/.test(name) ? "musl" : os === "linux" && /gnu/.test(name) ? "glibc" : undefined;
  return {
    ...(os === undefined ? {} : { os: [os] }),
    ...(cpu === undefined ? {} : { cpu: [cpu] }),
    ...(libc === undefined ? {} : { libc: [libc] }),
  };
}

const lock = JSON.parse(readFileSync(file, "utf8")) as { packages: Record<string, LockEntry> };
let added = 0;
for (const [place, entry] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const at = `node_modules/${name}`;
    if (lock.packages[at] !== undefined || lock.packages[`${place}/${at}`] !== undefined) continue;
    const platform = platformOf(name);
    if (platform.os === undefined && platform.cpu === undefined) throw new Error(`${name} names no platform`);
    lock.packages[at] = {
      version,
      ...(entry.dev === true ? { dev: true } : {}),
      optional: true,
      ...platform,
    };
    added += 1;
  }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
process.stdout.write(`${added} entries added\n`);
