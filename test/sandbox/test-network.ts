import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { promisify } from "node:util";

/** Addresses of the network that stands for the internet. */
export const HOST = "198.51.100.1";
export const FAR = "203.0.113.10";
export const RESOLVER = "203.0.113.53";
export const METADATA = "169.254.169.254";

/**
 * Two network namespaces: one in which the server runs as on a host of its own, and one beyond it that answers as a
 * far host, a resolver and a metadata service. Nothing reaches the network of the machine.
 */
export class TestNetwork {
  readonly #processes: ChildProcess[] = [];
  #host = 0;
  #outside = 0;

  /** `program` is the compiled `inside`, which serves; needs root and `ip` of iproute2. */
  async open(program: string): Promise<void> {
    this.#host = await this.#namespace();
    this.#outside = await this.#namespace();
    await this.onHost(
      "sh",
      "-c",
      [
        "ip link set lo up",
        `ip link add out type veth peer name in netns /proc/${this.#outside}/ns/net`,
        `ip address add ${HOST}/24 dev out`,
        "ip link set out up",
        "ip route add default via 198.51.100.2",
        // A new namespace starts with the settings of the machine.
        "echo 0 >/proc/sys/net/ipv4/ip_forward",
      ].join(" && "),
    );
    await this.outside(
      "sh",
      "-c",
      [
        "ip link set lo up",
        "ip address add 198.51.100.2/24 dev in",
        "ip link set in up",
        ...[FAR, RESOLVER, METADATA].map((address) => `ip address add ${address}/32 dev lo`),
      ].join(" && "),
    );
    for (const port of ["80", "25"]) await this.#serve(this.#outside, program, "serve", port);
    await this.#serve(this.#outside, program, "resolve", RESOLVER, FAR);
    await this.#serve(this.#host, program, "serve", "7001");
  }

  /** Runs a command on the host to its end. */
  async onHost(...command: string[]): Promise<string> {
    return (await promisify(execFile)("nsenter", this.hostArguments(command))).stdout;
  }

  async outside(...command: string[]): Promise<string> {
    return (await promisify(execFile)("nsenter", ["-n", "-t", String(this.#outside), "--", ...command]))
      .stdout;
  }

  /** Arguments of `nsenter` for a command on the host. */
  hostArguments(command: readonly string[]): string[] {
    return ["-n", "-t", String(this.#host), "--", ...command];
  }

  async #namespace(): Promise<number> {
    const child = spawn("unshare", ["-n", "sh", "-c", "echo up; exec sleep 900"], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    this.#processes.push(child);
    await once(child.stdout, "data");
    return child.pid ?? 0;
  }

  async #serve(namespace: number, ...command: string[]): Promise<void> {
    const child = spawn("nsenter", ["-n", "-t", String(namespace), "--", ...command], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    this.#processes.push(child);
    await once(child.stdout, "data");
  }

  async close(): Promise<void> {
    for (const child of this.#processes.reverse()) {
      child.kill("SIGKILL");
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    }
  }
}
