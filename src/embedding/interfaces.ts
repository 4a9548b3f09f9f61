export interface LambkinOptions {
  /** Port to listen on; 0 (the default) picks a free one. */
  readonly port?: number;
  /** Address to listen on. Default: 127.0.0.1. */
  readonly host?: string;
  /** Keep nothing: a temporary directory that goes with the server. The default unless `dataDirectory` is given. */
  readonly ephemeral?: boolean;
  /** Where everything is kept; made if it is missing, and owned by one server at a time. */
  readonly dataDirectory?: string;
  /** Region of requests that name none. Default: us-east-1. */
  readonly region?: string;
  /** Account of callers that name none, 12 digits. Default: 000000000000. */
  readonly account?: string;
  /** Verify every signature; `credentials` are then those of the account's root. Default: false. */
  readonly secure?: boolean;
  /**
   * Speak TLS as well, on the same port; `endpoint` is then an https address. `true` takes a certificate of a local
   * authority that is made in the data directory; else PEM files of one's own chain and key. Default: false.
   */
  readonly tls?: boolean | { readonly certFile: string; readonly keyFile: string };
  /**
   * How functions are isolated. Default: the better of namespaces and processes that works on this machine; gVisor where
   * it is installed and asked for.
   */
  readonly isolation?: "gvisor" | "namespaces" | "process";
  /** The program of gVisor. Default: `runsc` in PATH. */
  readonly runsc?: string;
  /** Let functions reach the network (true). */
  readonly egress?: boolean;
  /** Keep interpreters running for functions that have no environment yet. Default: true. */
  readonly pool?: boolean | "strict";
  /** A directory with scripts that run once, at the first start on this data, before the server is ready. */
  readonly initDirectory?: string;
  /** What the server reports on standard error. Default: warn. */
  readonly logLevel?: "debug" | "info" | "warn" | "error";
}

export interface LambkinCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** A running server. `endpoint`, `region` and `credentials` are the options of an AWS SDK client. */
export interface RunningLambkin extends AsyncDisposable {
  /** For instance `http://127.0.0.1:40123`. */
  readonly endpoint: string;
  readonly port: number;
  /** A PEM file with the certificates that clients have to trust, if there is a generated authority. */
  readonly caBundle: string | undefined;
  readonly region: string;
  readonly credentials: LambkinCredentials;
  /** Environment variables that point the AWS SDKs and tools of another process at this server. */
  readonly env: Readonly<Record<string, string>>;
  /** What whoever started it should know, a sentence each; for instance that functions run without isolation. */
  readonly notices: readonly string[];
  readonly dataDirectory: string;
  /** Lets what runs finish, then leaves nothing behind but a given data directory. May be called more than once. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}
