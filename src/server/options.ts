import type { LogLevel } from "../base/index.ts";
import type { RootCredentials } from "./root-credentials.ts";
import type { TlsOptions } from "./tls/interfaces.ts";

export interface ServerOptions {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** Absent: a temporary directory that goes with the server. */
  readonly dataDirectory?: string | undefined;
  /** Region and account of requests that name none. */
  readonly region: string;
  readonly account: string;
  /** Verify every signature, and know no keys but issued ones. */
  readonly secure: boolean;
  /** Speak TLS as well, on the same port. */
  readonly tls?: TlsOptions | undefined;
  readonly isolation?: "gvisor" | "namespaces" | "process" | undefined;
  /** The program of gVisor; searched in PATH if absent. */
  readonly runsc?: string | undefined;
  /** Let functions reach the network (true). */
  readonly egress?: boolean | undefined;
  /** Keep sandboxes ready for functions that have none yet (true); `strict` forks no interpreter. */
  readonly pool?: boolean | "strict" | undefined;
  /** Environments at most, however many the memory bears. */
  readonly maxEnvironments?: number | undefined;
  /** Memory that environments leave available. Absent: 8 % of it, at most 1 GiB. */
  readonly memoryReserveMiB?: number | undefined;
  /**
   * Let functions run from directories of this machine, and follow them: from any, or from what lies in one. Absent: from
   * any on a server that only listens on loopback; never on a secure one.
   */
  readonly hotReload?: boolean | { readonly within?: string; readonly project?: string } | undefined;
  /**
   * Whether another version of a language may serve the functions of one that this machine lacks. Absent: it may, except
   * on a secure server.
   */
  readonly runtimeMatch?: "closest" | "exact" | undefined;
  /** A folder with scripts that run once, before the server is said to be ready. */
  readonly initFolder?: string | undefined;
  /** A price list in place of AWS's public prices. */
  readonly prices?: string | undefined;
  /** Keep a log of control-plane calls in the data directory. Default: true. */
  readonly audit?: boolean | undefined;
  /**
   * Between the word to stop and the end of service: readiness is refused, everything else still served, so that
   * whoever balances load turns to others first. Default: 0.
   */
  readonly drainDelayMs?: number | undefined;
  /** What runs when the service ends may take this long to finish. */
  readonly drainMs?: number | undefined;
  readonly logLevel: LogLevel;
  readonly logFormat: "text" | "json";
}

export interface RunningServer {
  readonly endpoint: string;
  /** Certificates that clients of the endpoint have to trust, as PEM. */
  readonly caBundle: string | undefined;
  readonly dataDirectory: string;
  /** Of the account's root, where the server is secure. */
  readonly rootCredentials: RootCredentials | undefined;
  /** What whoever started it should know, a sentence each. */
  readonly notices: readonly string[];
  /** Lets what runs finish, then leaves nothing behind but the data directory. */
  close(): Promise<void>;
}
