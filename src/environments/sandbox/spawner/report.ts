import { environmentLimits } from "../../../base/index.ts";
import type { TierReport } from "../interfaces.ts";
import { closedUplink, openedUplink, type UplinkState } from "./uplink.ts";

/** What the spawner found on this machine. */
export interface SpawnerFacts {
  /** It may mount and map users as root; otherwise it works within one user's own rights. */
  readonly privileged: boolean;
  /** Limits come from cgroups of the second version. */
  readonly version2: boolean;
  readonly memory: boolean;
  readonly cpu: boolean;
  readonly pids: boolean;
  readonly freezer: boolean;
  /** A sandbox that computes for long can be told to yield to the others. */
  readonly yields: boolean;
  /** The directory of sandboxes whose files the server may thaw them by itself by, or empty. */
  readonly quickFreezer: string;
}

export function namespacesReport(facts: SpawnerFacts, tmpInMemory: boolean, uplink: UplinkState): TierReport {
  const cgroup = `cgroup v${facts.version2 ? 2 : 1}`;
  const memoryExact = facts.memory && !tmpInMemory && facts.privileged;
  return {
    tier: "namespaces",
    limits: [
      {
        name: "isolation",
        holds: true,
        detail:
          "own namespaces, minimal read-only root, no capabilities, system call filter; the kernel is shared",
      },
      {
        name: "kernel",
        holds: false,
        detail: "functions call the kernel of this machine, though not all of it",
        better: "install gVisor's runsc and start with --isolation gvisor",
      },
      {
        name: "user",
        holds: facts.privileged,
        detail: facts.privileged
          ? "each sandbox has a uid of its own outside"
          : "outside, sandboxes run as the user of the server",
        ...better(!facts.privileged && "run the server as root"),
      },
      {
        name: "memory",
        holds: true,
        ...partly(!memoryExact),
        detail: memoryExact
          ? `${cgroup}, enforced by the kernel`
          : `resident size, looked at every ${environmentLimits.memoryPollMs} ms`,
        ...better(!facts.memory && withController("memory")),
      },
      {
        name: "cpu",
        holds: facts.cpu,
        detail: facts.cpu
          ? `${cgroup} quota by memory size${facts.yields ? ", and whoever computes for long yields to the others" : ""}`
          : "no cpu controller for this user: no CPU share",
        ...better(!facts.cpu && withController("cpu")),
        ...better(
          facts.cpu &&
            !facts.yields &&
            "Linux 5.15, with CPU times by cgroup: who computes would yield to who answers",
        ),
      },
      {
        name: "processes",
        holds: true,
        detail: facts.pids
          ? `${cgroup}, ${environmentLimits.processes} processes and threads`
          : `resource limit, ${environmentLimits.processes} processes and threads`,
        ...better(!facts.pids && withController("pids")),
      },
      {
        name: "/tmp",
        holds: true,
        ...partly(tmpInMemory || !facts.privileged),
        detail:
          tmpInMemory || !facts.privileged
            ? "limited in size, kept in memory"
            : "limited in size, on disk, not counted as memory",
        ...better(
          (tmpInMemory || !facts.privileged) && "run the server as root, with mke2fs and loop devices",
        ),
      },
      { name: "read-only root", holds: true, detail: "only /tmp can be written" },
      {
        name: "freeze",
        holds: true,
        ...partly(!facts.freezer),
        detail: facts.freezer ? "cgroup freezer" : "SIGSTOP to every process",
        ...better(!facts.freezer && withController("freezer")),
      },
      { name: "ends with the server", holds: true, detail: "also when the server is killed" },
      { name: "internet egress", holds: uplink.open, detail: uplink.detail },
    ],
  };
}

/** What a machine gives to root that lacks nothing, or to an ordinary user whom nobody gave cgroups. */
export function expectedReport(privileged: boolean, slirp: boolean): TierReport {
  const controllers = {
    memory: privileged,
    cpu: privileged,
    pids: privileged,
    freezer: privileged,
    yields: privileged,
  };
  const uplink = privileged || slirp ? openedUplink(privileged) : closedUplink("no-slirp");
  return namespacesReport(
    { privileged, version2: false, quickFreezer: "", ...controllers },
    !privileged,
    uplink,
  );
}

function partly(condition: boolean): { readonly partly?: true } {
  return condition ? { partly: true } : {};
}

function better(what: string | false): { readonly better?: string } {
  return what === false ? {} : { better: what };
}

function withController(name: string): string {
  return `run the server as root, or in a cgroup of its own with ${name} (systemd: Delegate=yes)`;
}
