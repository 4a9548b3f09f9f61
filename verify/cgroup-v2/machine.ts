import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import { run } from "../../scripts/setup/run.ts";
import type { VirtualMachineTools } from "../../scripts/setup/virtual-machine.ts";
import { eventually } from "../../testkit/eventually.ts";
import { runDelayOf } from "../run-delay.ts";
import { cpioArchive } from "./archive.ts";
import { modulesInOrder } from "./modules.ts";

/** What the kernel loads before it has a file system to load more from. */
const MODULES = [
  ...["virtio_pci", "virtio_blk", "virtiofs", "overlay", "loop", "bfq", "veth", "tun"],
  ...["nft_ct", "nft_fib_inet", "nft_masq", "nft_reject_inet", "nft_chain_nat"],
];

/** Half a minute on an idle machine that emulates the processor. Waiting for one of a busy machine's doesn't count. */
const BOOTED_MS = 900_000;
const LOOK_MS = 1_000;
const MEMORY_MIB = 3072;
const DISK_BYTES = 16 * 1024 ** 3;

/** Whoever kills this process ends what it started. */
const TIED = ["--pdeathsig", "KILL"];

export interface MachineOptions {
  readonly tools: VirtualMachineTools;
  /** `run`, to end with it, or `boot`, to go on with systemd; then a program and arguments. Paths of this machine. */
  readonly program: readonly string[];
  /** One line that the inside wrote to its second serial port. */
  readonly onLine: (line: string) => void;
  /** Longer than anything takes. */
  readonly mostMs: number;
}

/**
 * Boots a virtual machine without any network device, whose root is this machine's, with what it writes kept in its
 * memory, and an empty disk `/dev/vda`. Ends when the machine is off; throws the end of its console if it hangs.
 */
export async function runMachine(options: MachineOptions): Promise<void> {
  const { tools } = options;
  const directory = mkdtempSync(path.join(os.tmpdir(), "lambkin-machine-"));
  const children: ChildProcess[] = [];
  try {
    const file = (name: string) => path.join(directory, name);
    writeFileSync(file("initramfs"), await firstRoot(tools.modules, file("init")));
    const disk = openSync(file("disk"), "w");
    ftruncateSync(disk, DISK_BYTES);
    closeSync(disk);
    writeFileSync(file("virtiofsd.log"), "");
    const log = openSync(file("virtiofsd.log"), "a");
    // Whatever goes wrong inside, it can't write here.
    const shared = 'mount --rbind / "$0" && mount -o remount,bind,ro "$0" && exec "$@"';
    const root = file("root");
    mkdirSync(root);
    const share = [
      tools.virtiofsd,
      `--socket-path=${file("share")}`,
      "-o",
      `source=${root}`,
      "-o",
      "cache=always",
    ];
    children.push(
      spawn("setpriv", [...TIED, "unshare", "--mount", "sh", "-c", shared, root, ...share], {
        stdio: ["ignore", log, log],
      }),
    );
    closeSync(log);
    await eventually(() => readFileSync("/proc/net/unix", "utf8").includes(file("share")) || undefined, {
      what: `virtiofsd listens:\n${readFileSync(file("virtiofsd.log"), "utf8")}`,
    });
    const machine = spawn(
      "setpriv",
      [...TIED, "nice", "-n", "19", tools.qemu, ...hardware(tools, directory, options.program)],
      {
        stdio: ["ignore", "pipe", "pipe"],
      },
    );
    children.push(machine);
    await followed(machine, () => readFileSync(file("console"), "utf8"), options);
  } finally {
    for (const child of children) child.kill("SIGKILL");
    rmSync(directory, { recursive: true, force: true });
  }
}

async function firstRoot(modules: string, init: string): Promise<Buffer> {
  await run("cc", ["-O1", "-static", "-o", init, path.join(import.meta.dirname, "init.c")]);
  return cpioArchive([
    { name: "init", content: readFileSync(init) },
    { name: "dev" },
    ...modulesInOrder(modules, MODULES).map(({ name, content }, index) => ({
      name: `modules/${String(index).padStart(3, "0")}-${name}.ko`,
      content,
    })),
  ]);
}

function hardware(tools: VirtualMachineTools, directory: string, program: readonly string[]): string[] {
  const file = (name: string) => path.join(directory, name);
  // Without the processor's help, what answers as /dev/kvm boots no ordinary kernel.
  const helped = /\b(vmx|svm)\b/.test(readFileSync("/proc/cpuinfo", "utf8"));
  // The timer isn't put to the test, which counts its interrupts while an emulated processor may not get to run.
  const kernel = "console=ttyS0 quiet panic=-1 random.trust_cpu=on no_timer_check";
  return [
    ...["-accel", helped ? "kvm" : "tcg,thread=multi", "-cpu", helped ? "host" : "max", "-smp", "2"],
    ...["-m", String(MEMORY_MIB), "-object", `memory-backend-memfd,id=memory,size=${MEMORY_MIB}M,share=on`],
    ...[
      "-machine",
      "q35,memory-backend=memory",
      "-nodefaults",
      "-display",
      "none",
      "-no-reboot",
      "-nic",
      "none",
    ],
    ...["-serial", `file:${file("console")}`, "-serial", "stdio"],
    ...["-chardev", `socket,id=share,path=${file("share")}`],
    ...["-device", "vhost-user-fs-pci,chardev=share,tag=host,queue-size=1024"],
    ...["-drive", `file=${file("disk")},if=virtio,format=raw,cache=unsafe,discard=unmap`],
    ...["-kernel", tools.kernel, "-initrd", file("initramfs")],
    ...["-append", `${kernel} -- ${program.join(" ")}`],
  ];
}

async function followed(
  machine: ChildProcess,
  console: () => string,
  options: MachineOptions,
): Promise<void> {
  const ended = once(machine, "close");
  let [said, rest] = ["", ""];
  let heard = false;
  machine.stderr?.setEncoding("utf8").on("data", (text: string) => (said += text));
  machine.stdout?.setEncoding("utf8").on("data", (text: string) => {
    heard = true;
    const lines = (rest + text.replaceAll("\r", "")).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) options.onLine(line);
  });
  let why = "";
  const stop = (reason: string) => {
    why = reason;
    machine.kill("SIGKILL");
  };
  const begun = performance.now();
  const boot = setInterval(() => {
    if (heard) clearInterval(boot);
    else if (performance.now() - begun - longestWaitMs(machine.pid) > BOOTED_MS) stop("it did not boot");
  }, LOOK_MS);
  const end = setTimeout(() => stop("it did not end"), options.mostMs);
  await ended;
  clearInterval(boot);
  clearTimeout(end);
  if (why !== "" || !heard) throw new Error(`virtual machine: ${why}\n${said}${console().slice(-4000)}`);
}

/** Of a process: how long that one of its threads waited for a CPU that waited longest. */
function longestWaitMs(pid = 0): number {
  try {
    return Math.max(...readdirSync(`/proc/${pid}/task`).map((thread) => runDelayOf(Number(thread)).waitedMs));
  } catch {
    return 0;
  }
}
