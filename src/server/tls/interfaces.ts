import type { DoorTls } from "../../wire/index.ts";

/** With what a server speaks TLS. */
export interface ServerTls extends DoorTls {
  /** Certificates that clients have to trust, as PEM; absent where they know whom to trust already. */
  readonly bundleFile?: string;
  /** Names by which the certificate lets the server be addressed, beside loopback. */
  readonly hostNames: readonly string[];
}

/** A generated authority in the data directory, or one's own certificate chain and key as PEM files. */
export type TlsOptions = "generated" | { readonly certFile: string; readonly keyFile: string };
