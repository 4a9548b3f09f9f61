import { isIP } from "node:net";
import type { WireRequest } from "../http/request.ts";

/** The name of a host and the port that follows it, if any. */
export interface HostPort {
  readonly name: string;
  readonly port: string;
}

export function parseHost(host: string): HostPort | undefined {
  const parts = /^(\[[0-9a-fA-F:.]+\]|[^:[\]/@\s]+)(?::(\d{1,5}))?$/.exec(host.trim());
  if (parts === null) return undefined;
  const name = (parts[1] as string)
    .toLowerCase()
    .replace(/^\[|\]$/g, "")
    .replace(/\.$/, "");
  return { name, port: parts[2] ?? "" };
}

/**
 * The names by which a server may be addressed. A page from elsewhere that makes its own name lead to this machine
 * (DNS rebinding) sends that name, and is refused.
 */
export class HostNames {
  readonly #names: readonly string[];

  constructor(further: readonly string[]) {
    this.#names = ["localhost", ...further.map((name) => name.toLowerCase())];
  }

  /** `localAddress` is the address on which the connection came in. */
  allows(name: string, localAddress: string | undefined): boolean {
    if (isIP(name) !== 0) {
      return isLoopback(name) || name === plainAddress(localAddress) || this.#names.includes(name);
    }
    return this.#names.some((own) => name === own || name.endsWith(`.${own}`));
  }

  /**
   * The bucket of a virtual-hosted S3 address: `BUCKET.s3.localhost`, `BUCKET.s3.REGION.localhost`,
   * `BUCKET.localhost`, and the same with the further names.
   */
  bucketOf(name: string): string | undefined {
    if (isIP(name) !== 0) return undefined;
    const own = this.#names
      .filter((candidate) => name.endsWith(`.${candidate}`))
      .sort((one, other) => other.length - one.length)[0];
    if (own === undefined) return undefined;
    const rest = name.slice(0, -own.length - 1);
    const inside = /^(?:(.*?)\.)?s3(?:[.-](?:dualstack\.)?[a-z]{2}(?:-[a-z]+)+-\d)?$/.exec(rest);
    return inside === null ? rest : inside[1];
  }
}

export function isLoopback(address: string): boolean {
  return address === "::1" || (isIP(address) === 4 && address.startsWith("127."));
}

/** IPv4 addresses of dual sockets come as `::ffff:1.2.3.4`. */
export function plainAddress(address: string | undefined): string {
  return (address ?? "").replace(/^::ffff:(?=\d+\.)/i, "");
}

/**
 * Whether a browser sent the request on behalf of a page that is not this server's own. Following a link is no such
 * case: it does nothing but show what the address says.
 */
export function isForeignPage(request: WireRequest): boolean {
  const { headers } = request;
  const origin = headers["origin"];
  if (origin !== undefined && !isSameOrigin(origin, headers["host"] ?? "")) return true;
  const site = headers["sec-fetch-site"];
  const navigation = headers["sec-fetch-mode"] === "navigate" && request.method === "GET";
  return (site === "cross-site" || site === "same-site") && !navigation;
}

function isSameOrigin(origin: string, host: string): boolean {
  const [scheme, authority] = origin.toLowerCase().split("://");
  return (scheme === "http" || scheme === "https") && authority === host.toLowerCase();
}
