/** The user and group that functions see themselves as, the ones of AWS. */
const FUNCTIONS = { uid: 993, gid: 990 };

/** Root of what gVisor shows, so that no function can signal it; it makes every process of functions theirs. */
const INIT = { uid: 0, gid: 0 };

/** To become the functions' user and to give up the rest, and to kill. */
const INIT_CAPABILITIES = ["CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP", "CAP_KILL"];

/** Where the program that starts the functions' processes is shown; AWS has its own there. */
export const INIT_PATH = "/var/rapid/init";

/** The argument that makes the spawner's program that init; see native/spawner/spawner.h. */
const INIT_ARGUMENT = "inside-gvisor";

export interface OciOptions {
  /** Where gVisor finds the functions' file tree. */
  readonly root: string;
  /** The size of a `/tmp` that gVisor keeps in memory; absent if one is mounted in the tree already. */
  readonly tmpBytes?: number;
}

/**
 * What gVisor is told to run, https://github.com/opencontainers/runtime-spec/blob/main/config.md. Limits are absent
 * because they lie around gVisor, and the network because it is the one that gVisor itself is in.
 */
export function ociConfiguration({ root, tmpBytes }: OciOptions): object {
  return {
    ociVersion: "1.0.2",
    process: {
      user: INIT,
      args: [INIT_PATH, INIT_ARGUMENT],
      env: [],
      cwd: "/",
      noNewPrivileges: true,
      capabilities: {
        bounding: INIT_CAPABILITIES,
        effective: INIT_CAPABILITIES,
        permitted: INIT_CAPABILITIES,
        inheritable: [],
        ambient: [],
      },
    },
    root: { path: root, readonly: true },
    hostname: "sandbox",
    mounts: [
      { destination: "/proc", type: "proc", source: "proc", options: ["nosuid", "nodev", "noexec"] },
      { destination: "/tmp", ...tmp(root, tmpBytes) },
    ],
    linux: { namespaces: ["pid", "ipc", "uts", "mount"].map((type) => ({ type })) },
  };
}

function tmp(root: string, bytes: number | undefined): object {
  if (bytes === undefined)
    return { type: "bind", source: `${root}/tmp`, options: ["bind", "rw", "nosuid", "nodev"] };
  const owner = [`mode=0700`, `uid=${FUNCTIONS.uid}`, `gid=${FUNCTIONS.gid}`];
  return { type: "tmpfs", source: "tmpfs", options: [`size=${bytes}`, ...owner, "nosuid", "nodev"] };
}
