/**
 * Runs inside the virtual machine, as root: lays out file systems and cgroups, then runs the steps of a set-up where
 * it puts its server. Arguments: the name of the set-up, a folder with the spawner compiled, then the numbers of steps,
 * unless it is all. Tells results on the second serial port.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, chmodSync, chownSync, cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { run } from "../../scripts/setup/run.ts";
import { type News, SET_UPS, type SetUp, type Step } from "./set-ups.ts";

const RESULTS = "/dev/ttyS1";
const CGROUPS = "/sys/fs/cgroup";
/** Other users may not be able to pass the directories above the checkout. */
const CHECKOUT = "/lambkin";
const NODE = path.join(CHECKOUT, path.relative(path.join(import.meta.dirname, "../.."), process.execPath));
const HOME = "/home/lambkin";
/** Emulated processors are slow: tests wait as many times longer. */
const PATIENCE = "20";

const [name, compiled = "", ...chosen] = process.argv.slice(2);
const setUp = SET_UPS.find((candidate) => candidate.name === name);
if (setUp === undefined) throw new Error(`there is no set-up ${name}`);
if (setUp.systemd === undefined || compiled !== "") {
  await layFileSystems(setUp, compiled);
  if (setUp.systemd) layUnits();
}
if (setUp.systemd === undefined || compiled === "") await runSteps(setUp);

async function runSteps(place: SetUp): Promise<void> {
  await run("stty", ["-F", RESULTS, "raw"]);
  for (const [step, command] of place.steps.map(commandOf).entries()) {
    if (chosen.length > 0 && !chosen.includes(String(step))) continue;
    const begun = performance.now();
    tell({ step });
    const [program, ...args] = place.systemd ? command : [...enter(place, step), ...command];
    const child = spawn(program ?? "", args, {
      cwd: CHECKOUT,
      stdio: ["ignore", "pipe", "pipe"],
      env: { PATH: process.env["PATH"], HOME, LAMBKIN_PATIENCE: PATIENCE },
    });
    for (const output of [child.stdout, child.stderr])
      createInterface({ input: output }).on("line", (line) => tell({ step, line }));
    const [code] = (await once(child, "close")) as [number | null];
    tell({ step, code, seconds: (performance.now() - begun) / 1000 });
  }
}

/** Runs what follows in a cgroup of its own, as the user. */
function enter(place: SetUp, step: number): readonly string[] {
  const user = String(place.user);
  const become = ["setpriv", "--reuid", user, "--regid", user, "--clear-groups"];
  return ["sh", "-c", `echo 0 >"$0/cgroup.procs" && exec "$@"`, layCgroup(place, step), ...become];
}

function commandOf(step: Step): readonly string[] {
  if (!("tests" in step)) return [NODE, ...step.command];
  return [NODE, "--test", "--test-concurrency=1", "--test-reporter=tap", ...step.tests];
}

/** On disk is what would be there on an ordinary machine: where servers keep their data. */
async function layFileSystems({ user, systemd }: SetUp, compiled: string): Promise<void> {
  const mount = (...args: string[]) => run("mount", args);
  mkdirSync(CHECKOUT);
  await mount("--bind", path.join(import.meta.dirname, "../.."), CHECKOUT);
  const prebuilt = path.join(CHECKOUT, "native/spawner/prebuilt");
  cpSync(compiled, prebuilt, { recursive: true });
  await run("chmod", ["-R", "a+rX", prebuilt]);
  for (const [type, target] of [
    ["devpts", "/dev/pts"],
    ["tmpfs", "/dev/shm"],
    ["tmpfs", "/run"],
    ["cgroup2", CGROUPS],
  ] as const) {
    if (systemd) break;
    mkdirSync(target, { recursive: true });
    await mount("-t", type, type, target);
  }
  writeFileSync("/sys/block/vda/queue/scheduler", "bfq");
  await run("mkfs.ext4", ["-q", "/dev/vda"]);
  await mount("/dev/vda", "/mnt");
  for (const [from, to, mode] of [
    ["tmp", "/tmp", 0o1777],
    ["home", "/home", 0o755],
    ...(systemd
      ? ([
          ["lib", "/var/lib/lambkin", 0o700],
          ["cache", "/var/cache/lambkin", 0o700],
        ] as const)
      : []),
  ] as const) {
    mkdirSync(to, { recursive: true });
    mkdirSync(path.join("/mnt", from));
    chmodSync(path.join("/mnt", from), mode);
    await mount("--bind", path.join("/mnt", from), to);
  }
  mkdirSync(HOME);
  chownSync(HOME, user, user);
  // As udev would: it is everybody's.
  chmodSync("/dev/net/tun", 0o666);
  await run("ip", ["link", "set", "lo", "up"]);
  await run("hostname", ["machine"]);
}

/** As systemd does: controllers for slices and units, each of whose processes are in leaves. A new one for each step. */
function layCgroup({ cgroup, user, delegated }: SetUp, step: number): string {
  let at = CGROUPS;
  for (const name of cgroup.replace("%", String(step)).split("/")) {
    writeFileSync(path.join(at, "cgroup.subtree_control"), "+cpu +io +memory +pids");
    at = path.join(at, name);
    mkdirSync(at, { recursive: true });
  }
  const own = ["", "cgroup.procs", "cgroup.subtree_control", "cgroup.threads"];
  if (delegated) for (const file of own) chownSync(path.join(at, file), user, user);
  return at;
}

/** The unit of the documentation, with times for an emulated processor, and one that tests it. */
function layUnits(): void {
  const units = "/etc/systemd/system";
  writeFileSync("/usr/bin/lambkin", `#!/bin/sh\nexec ${NODE} ${CHECKOUT}/bin/lambkin.cjs "$@"\n`, {
    mode: 0o755,
  });
  cpSync(path.join(CHECKOUT, "docs/deploy/lambkin.service"), path.join(units, "lambkin.service"));
  mkdirSync(path.join(units, "lambkin.service.d"));
  const ready = `until /usr/bin/lambkin status --data /var/lib/lambkin >/dev/null 2>&1; do sleep 15; done`;
  writeFileSync(
    path.join(units, "lambkin.service.d/slow.conf"),
    [
      "[Service]",
      "TimeoutStartSec=1800",
      // Where the test looks.
      "StandardError=append:/run/lambkin.log",
      "ExecStartPost=",
      `ExecStartPost=/bin/sh -c '${ready}'`,
      "",
    ].join("\n"),
  );
  writeFileSync(
    path.join(units, "verify.service"),
    [
      ...["[Unit]", "Requires=sysinit.target", "After=sysinit.target", "SuccessAction=reboot-immediate"],
      ...["FailureAction=reboot-immediate", "[Service]", "Type=oneshot", "TimeoutStartSec=infinity"],
      `ExecStart=${NODE} ${CHECKOUT}/verify/cgroup-v2/guest.ts systemd`,
      "",
    ].join("\n"),
  );
  // What this machine starts at boot is not the matter.
  rmSync(path.join(units, "sysinit.target.wants"), { recursive: true, force: true });
}

function tell(news: News): void {
  appendFileSync(RESULTS, `${JSON.stringify(news)}\n`);
}
