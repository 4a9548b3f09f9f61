import type { LogLevel } from "../base/index.ts";
import type { RootCredentials } from "./root-credentials.ts";

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
  readonly isolation?: "namespaces" | "process" | undefined;
  /** A folder with scripts that run once, before the server is said to be ready. */
  readonly initFolder?: string | undefined;
  readonly logLevel: LogLevel;
  readonly logFormat: "text" | "json";
}

export interface RunningServer {
  readonly endpoint: string;
  readonly dataDirectory: string;
  /** Of the account's root, where the server is secure. */
  readonly rootCredentials: RootCredentials | undefined;
  /** What whoever started it should know, a sentence each. */
  readonly notices: readonly string[];
  /** Lets what runs finish, then leaves nothing behind but the data directory. */
  close(): Promise<void>;
}
