import { constants } from "node:fs";
import { access, readFile } from "node:fs/promises";
import { isIPv4 } from "node:net";
import { networkInterfaces } from "node:os";
import { delimiter, join } from "node:path";
import { type Clock, environmentLimits } from "../../../base/index.ts";
import { SpawnerError } from "./channel.ts";

/** Whether functions reach the network, by what, or why not. */
export interface UplinkState {
  readonly open: boolean;
  readonly detail: string;
}

/** slirp4netns answers and forwards questions here, whatever the host's resolver. */
const SLIRP_RESOLVER = "10.0.2.3";

/** Where systemd-resolved lists the servers behind its own address, which is of use on the host only. */
const RESOLVER_FILES = ["/etc/resolv.conf", "/run/systemd/resolve/resolv.conf"];

const SLIRP = "slirp4netns";

/** What an ordinary user's sandboxes need for a way out, or undefined. */
export async function findSlirp(): Promise<string | undefined> {
  for (const directory of (process.env["PATH"] ?? "").split(delimiter)) {
    const path = join(directory, SLIRP);
    if (
      await access(path, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return path;
  }
  return undefined;
}

export function openedUplink(privileged: boolean): UplinkState {
  return {
    open: true,
    detail: privileged
      ? "IPv4 by veth and address translation; no address of this machine, no other function"
      : `IPv4 by ${SLIRP}; no address of this machine, no other function`,
  };
}

export function closedUplink(reason: Error | "off" | "no-slirp"): UplinkState {
  if (reason === "off") return { open: false, detail: "off, as asked for" };
  if (reason === "no-slirp")
    return {
      open: false,
      detail: `functions reach only this server: install ${SLIRP}, or run the server as root`,
    };
  const step = reason instanceof SpawnerError ? `${reason.step} failed (${reason.code})` : reason.message;
  return { open: false, detail: `functions reach only this server: ${step}` };
}

/** The text of `/etc/resolv.conf` in sandboxes, from the host's as it is now. */
export class Resolvers {
  readonly #clock: Clock;
  readonly #privileged: boolean;
  #text = Promise.resolve("");
  #readAtMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, privileged: boolean) {
    this.#clock = clock;
    this.#privileged = privileged;
  }

  /** A machine that moves to another network is noticed within `resolverFreshMs`. */
  configuration(): Promise<string> {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#readAtMs < environmentLimits.resolverFreshMs) return this.#text;
    this.#readAtMs = nowMs;
    this.#text = readConfiguration(this.#privileged);
    return this.#text;
  }
}

async function readConfiguration(privileged: boolean): Promise<string> {
  const own = new Set(
    Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address)),
  );
  const lines: string[] = [];
  let servers = privileged ? [] : [SLIRP_RESOLVER];
  for (const file of RESOLVER_FILES) {
    const rows = (await readFile(file, "utf8").catch(() => "")).split("\n");
    if (lines.length === 0) lines.push(...rows.filter((row) => /^(search|options)\s/.test(row)));
    if (servers.length > 0) break;
    servers = rows
      .map((row) => /^nameserver\s+(\S+)/.exec(row)?.[1] ?? "")
      .filter((address) => isIPv4(address) && !address.startsWith("127.") && !own.has(address));
  }
  return [...servers.map((address) => `nameserver ${address}`), ...lines].map((line) => `${line}\n`).join("");
}
