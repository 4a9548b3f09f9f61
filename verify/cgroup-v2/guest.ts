/**
 * Runs inside the virtual machine, as root: lays out file systems and cgroups, then runs the steps of a set-up where
 * it puts its server. Arguments: the name of the set-up, a folder with the spawner compiled, then the numbers of steps,
 * unless it is all. Tells results on the second serial port.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, chmodSync, chownSync, cpSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { run } from "../../scripts/setup/run.ts";
import { type News, SET_UPS, type SetUp, type Step } from "./set-ups.ts";

const RESULTS = "/dev/ttyS1";
const CGROUPS = "/sys/fs/cgroup";
/** Other users may not be able to pass the directories above the checkout. */
const CHECKOUT = "/lambkin";
const HOME = "/home/lambkin";
/** Emulated processors are slow: tests wait as many times longer. */
const PATIENCE = "20";

const [name, compiled, ...chosen] = process.argv.slice(2);
const setUp = SET_UPS.find((candidate) => candidate.name === name);
if (setUp === undefined || compiled === undefined) throw new Error(`there is no set-up ${name}`);
run("stty", ["-F", RESULTS, "raw"]);
layFileSystems(setUp, compiled);
for (const [step, command] of setUp.steps.map(commandOf).entries()) {
  if (chosen.length > 0 && !chosen.includes(String(step))) continue;
  const begun = performance.now();
  const place = layCgroup(setUp, step);
  tell({ step });
  const enter = `echo 0 >"$0/cgroup.procs" && exec "$@"`;
  const user = String(setUp.user);
  const become = ["setpriv", "--reuid", user, "--regid", user, "--clear-groups"];
  const child = spawn("sh", ["-c", enter, place, ...become, ...command], {
    cwd: CHECKOUT,
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: process.env["PATH"], HOME, LAMBKIN_PATIENCE: PATIENCE },
  });
  for (const output of [child.stdout, child.stderr])
    createInterface({ input: output }).on("line", (line) => tell({ step, line }));
  const [code] = (await once(child, "close")) as [number | null];
  tell({ step, code, seconds: (performance.now() - begun) / 1000 });
}

function commandOf(step: Step): readonly string[] {
  const node = path.join(CHECKOUT, path.relative(path.join(import.meta.dirname, "../.."), process.execPath));
  if (!("tests" in step)) return [node, ...step.command];
  return [node, "--test", "--test-concurrency=1", "--test-reporter=tap", ...step.tests];
}

/** On disk is what would be there on an ordinary machine: where servers keep their data. */
function layFileSystems({ user }: SetUp, compiled: string): void {
  const mount = (...args: string[]) => run("mount", args);
  mkdirSync(CHECKOUT);
  mount("--bind", path.join(import.meta.dirname, "../.."), CHECKOUT);
  const prebuilt = path.join(CHECKOUT, "native/spawner/prebuilt");
  cpSync(compiled, prebuilt, { recursive: true });
  run("chmod", ["-R", "a+rX", prebuilt]);
  for (const [type, target] of [
    ["devpts", "/dev/pts"],
    ["tmpfs", "/dev/shm"],
    ["tmpfs", "/run"],
    ["cgroup2", CGROUPS],
  ] as const) {
    mkdirSync(target, { recursive: true });
    mount("-t", type, type, target);
  }
  writeFileSync("/sys/block/vda/queue/scheduler", "bfq");
  run("mkfs.ext4", ["-q", "/dev/vda"]);
  mount("/dev/vda", "/mnt");
  for (const [from, to, mode] of [
    ["tmp", "/tmp", 0o1777],
    ["home", "/home", 0o755],
  ] as const) {
    mkdirSync(path.join("/mnt", from));
    chmodSync(path.join("/mnt", from), mode);
    mount("--bind", path.join("/mnt", from), to);
  }
  mkdirSync(HOME);
  chownSync(HOME, user, user);
  run("ip", ["link", "set", "lo", "up"]);
  run("hostname", ["machine"]);
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

function tell(news: News): void {
  appendFileSync(RESULTS, `${JSON.stringify(news)}\n`);
}
