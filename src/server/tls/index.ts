import type { Clock, Log, Randomness } from "../../base/index.ts";
import { openAuthority } from "./authority.ts";
import type { ServerTls, TlsOptions } from "./interfaces.ts";
import { openOwnCertificate } from "./own-certificate.ts";

export function openTls(
  options: TlsOptions,
  parts: {
    readonly directory: string;
    readonly host: string;
    readonly region: string;
    readonly clock: Clock;
    readonly randomness: Randomness;
    readonly log: Log;
  },
): Promise<ServerTls> {
  if (options !== "generated") return openOwnCertificate(options, parts.clock, parts.log);
  const { directory, host, region, clock, randomness } = parts;
  const everywhere = host === "0.0.0.0" || host === "::";
  return openAuthority({ directory, hosts: everywhere ? [] : [host], region, clock, randomness });
}
