import { INIT_PATH, ociConfiguration } from "./oci-configuration.ts";

/** The file tree of the functions, in that of gVisor. */
const GUEST_ROOT = "/root";

/** Places that gVisor mounts on or keeps its notes in. */
const PLACES = ["/run", ...["/tmp", "/proc", "/dev", "/sys"].map((path) => GUEST_ROOT + path)];

export interface GuestTreeOptions {
  /** The paths of gVisor's program and of the spawner's. */
  readonly runsc: string;
  readonly spawner: string;
  /** The size of a `/tmp` that gVisor keeps in memory; absent if it is on disk. */
  readonly tmpBytes?: number;
}

/**
 * The fields of the tree that gVisor runs in: itself, its configuration, and the tree of the functions with everything
 * that they would have without it but the devices, which are gVisor's.
 */
export function guestTree(functions: readonly string[], options: GuestTreeOptions): string[] {
  const { runsc, spawner, tmpBytes } = options;
  const configuration = ociConfiguration({
    root: GUEST_ROOT,
    ...(tmpBytes === undefined ? {} : { tmpBytes }),
  });
  return [
    ...["n", "/dev/null", "/dev/null"],
    ...["m", "/runsc", runsc],
    ...["f", "/bundle/config.json", JSON.stringify(configuration)],
    ...PLACES.flatMap((path) => ["d", path]),
    ...["m", GUEST_ROOT + INIT_PATH, spawner],
    ...moved(functions),
  ];
}

/** By kind: directories have a path, the mark between shared and own entries nothing, others a path and a value. */
function moved(fields: readonly string[]): string[] {
  const result: string[] = [];
  for (let at = 0; at < fields.length; ) {
    const kind = fields[at] ?? "";
    const size = kind === "-" ? 1 : kind === "d" ? 2 : 3;
    const [path = "", ...value] = fields.slice(at + 1, at + size);
    at += size;
    if (kind === "-") result.push(kind);
    else if (kind !== "n") result.push(kind, GUEST_ROOT + path, ...value);
  }
  return result;
}
