import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import path from "node:path";
import { installDebianPackages, provide } from "./debian.ts";
import { run, works } from "./run.ts";

/** Debian's kernel for virtual machines: the package that names the current one. */
const KERNEL = "linux-image-cloud-amd64";

/** Debian 12 has it among QEMU's programs, later ones in a package of its own. */
const VIRTIOFSD = ["/usr/lib/qemu/virtiofsd", "/usr/libexec/virtiofsd"];

export interface VirtualMachineTools {
  /** QEMU's program for x86-64. */
  readonly qemu: string;
  /** Gives a directory of this machine to one inside. */
  readonly virtiofsd: string;
  /** The image of a Linux kernel. */
  readonly kernel: string;
  /** Its modules, in folders. */
  readonly modules: string;
}

/** Brings what a virtual machine is made of; the kernel is unpacked into the cache, not installed. */
export async function installVirtualMachineTools(cache: string): Promise<VirtualMachineTools> {
  if (process.platform !== "linux" || process.arch !== "x64")
    throw new Error(
      `virtual machines are made on Linux on x86-64, and this is ${process.platform}-${process.arch}`,
    );
  const qemu = "qemu-system-x86_64";
  await provide([qemu, "--version"], ["qemu-system-x86"], "runs virtual machines");
  if (!VIRTIOFSD.some(existsSync))
    await installDebianPackages(["virtiofsd"], "gives files to virtual machines");
  const virtiofsd = VIRTIOFSD.find(existsSync);
  if (virtiofsd === undefined) throw new Error(`there is no ${VIRTIOFSD.join(" nor ")}`);
  const kernel = await unpackKernel(cache);
  const boot = path.join(kernel, "boot");
  const image = readdirSync(boot).find((name) => name.startsWith("vmlinuz-"));
  if (image === undefined) throw new Error(`there is no kernel in ${KERNEL}`);
  return { qemu, virtiofsd, kernel: path.join(boot, image), modules: path.join(kernel, "lib", "modules") };
}

async function unpackKernel(cache: string): Promise<string> {
  const folder = path.join(cache, KERNEL);
  if (existsSync(folder)) return folder;
  if (!(await works("apt-get", "--version")))
    throw new Error(`the kernel ${KERNEL} comes by apt-get, which is not here`);
  process.stderr.write(`fetching the kernel of ${KERNEL}\n`);
  const made = `${folder}.${process.pid}`;
  mkdirSync(made, { recursive: true });
  if (process.getuid?.() === 0) await run("apt-get", ["update", "-qq"]);
  const real = /Depends: (linux-image-\S+)/.exec(await run("apt-cache", ["depends", KERNEL]))?.[1];
  if (real === undefined) throw new Error(`apt-cache knows no kernel that ${KERNEL} stands for`);
  await run("apt-get", ["download", "-qq", real], { cwd: made });
  const file = readdirSync(made).find((name) => name.endsWith(".deb"));
  if (file === undefined) throw new Error(`apt-get download ${real} brought nothing`);
  await run("dpkg-deb", ["--extract", file, "."], { cwd: made });
  rmSync(path.join(made, file));
  renameSync(made, folder);
  return folder;
}
