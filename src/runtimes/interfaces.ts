/** Languages whose runtimes are started by an interpreter of this machine. */
export type InterpreterFamily = "nodejs" | "python" | "ruby" | "java" | "dotnet";

export type RuntimeFamily = InterpreterFamily | "provided";

/** An interpreter that was found on this machine. */
export interface Interpreter {
  readonly family: InterpreterFamily;
  /** Full version, for instance `24.21.0`. */
  readonly version: string;
  /** What identifiers name: 24 for Node.js 24, 11 for Python 3.11, 304 for Ruby 3.4, 8 for .NET 8. */
  readonly line: number;
  /** Path of the program on the host, links resolved. */
  readonly program: string;
  /** The directory that holds `bin/` and `lib/`, or `dotnet` and `shared/`; becomes `/var/lang`, or its `bin`. */
  readonly prefix: string;
  /** How it was found, for `doctor`. */
  readonly foundAs: string;
  /** Directories of shared libraries outside the prefix and the system's own. */
  readonly libraryDirectories: readonly string[];
}

/** What runs the functions of one runtime identifier. */
export interface Runtime {
  /** For instance `nodejs22.x`. */
  readonly identifier: string;
  readonly family: RuntimeFamily;
  /** Absent for custom runtimes, which bring their own. */
  readonly interpreter?: Interpreter;
  /** False if another version of the language stands in. */
  readonly exact: boolean;
  /** Says so where it is not exact. */
  readonly notice?: string;
  /** As INIT_START names it, for instance `nodejs:22.v1`. */
  readonly runtimeVersion: string;
  runtimeVersionArn(region: string): string;
  /** Makes what `mounts` shows, if that is not there from the start; to be awaited before an environment is made. */
  prepare?(): Promise<void>;
  /** Read-only directories of the host by their path inside. */
  readonly mounts: readonly { readonly source: string; readonly target: string }[];
  /** Variables that the customer may override. */
  readonly defaultVariables: Readonly<Record<string, string>>;
  /** What AWS_EXECUTION_ENV says; absent for custom runtimes. */
  readonly executionEnvironment?: string;
  /** Whether its log goes, in frames, to the descriptor in _LAMBDA_TELEMETRY_LOG_FD. */
  readonly framedLogs: boolean;
  /** Whether its bootstrap takes a connection to the Runtime API that it is started with. */
  readonly connected: boolean;
  /** Whether its bootstrap, started with _LAMBKIN_WAIT, waits until it is told what to serve. */
  readonly waits: boolean;
  /** Whether a debugger can attach to it. */
  readonly debuggable: boolean;
  /** Whether, started with _LAMBKIN_ZYGOTE as well, it can be forked while it waits. */
  readonly forks: boolean;
  /** Of a custom runtime: where the function's own program may lie, in this order. */
  readonly bootstraps?: readonly string[];
  /** The command line inside the sandbox, the exec wrapper of the variables included. */
  command(options: {
    readonly memoryMiB: number;
    readonly variables: Readonly<Record<string, string>>;
    /** The one of `bootstraps` that is there. */
    readonly bootstrap: string;
    /** The port of the loopback inside on which it is to wait for a debugger. */
    readonly debugPort?: number;
  }): readonly [string, ...string[]];
}

/** A managed runtime and what this machine makes of it. */
export interface RuntimeAvailability {
  readonly identifier: string;
  /** Whether its own version serves it, another one of the language, or nothing. */
  readonly match: "exact" | "closest" | "none";
  /** Of the interpreter; absent if there is none, or the function brings its own. */
  readonly version?: string;
  /** Path of the interpreter. */
  readonly program?: string;
  /** For people: the SDK that functions find without bringing it; absent if none is installed. */
  readonly sdk?: string;
  /** For people: how what serves was found, or why nothing does and what to do about it. */
  readonly detail: string;
}

export interface RuntimeCatalog {
  /** Undefined if nothing serves the identifier, or it is none that Lambkin knows. */
  find(identifier: string): Runtime | undefined;
  /** The managed runtimes of Lambda, whether they can be run here or not. */
  list(): readonly RuntimeAvailability[];
  /** Looks again for what this machine has. */
  rescan(): Promise<void>;
}

/** Whether another version of a language may stand in for one that is absent. */
export type RuntimeMatch = "closest" | "exact";
