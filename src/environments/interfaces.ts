/** Everything an execution environment has to know of the function version that it serves. */
export interface EnvironmentSpec {
  /** Function version and configuration generation; environments of different keys never serve each other's work. */
  readonly key: string;
  /**
   * What the function is told of how it came up. Only an init on demand counts to the first invocation, and only if a
   * request waits for it. If none does, as for what is provisioned, the environment is gone with `InitFailed` if its
   * init fails.
   */
  readonly initialization: "on-demand" | "provisioned-concurrency" | "snap-start";
  /** Not provisioned, but for a request that is only expected. */
  readonly ahead?: boolean;
  readonly account: string;
  readonly region: string;
  readonly functionName: string;
  /** Unqualified. */
  readonly functionArn: string;
  /** `$LATEST` or a number. */
  readonly version: string;
  readonly runtime: string;
  readonly handler: string;
  readonly architecture: "x86_64" | "arm64";
  readonly memoryMiB: number;
  readonly timeoutMs: number;
  readonly ephemeralStorageMiB: number;
  /** The customer's variables. */
  readonly environment: Readonly<Record<string, string>>;
  /** An unpacked, read-only deployment package; becomes `/var/task`. */
  readonly codeDirectory: string;
  /** The function's layers laid over one another, read-only; becomes `/opt`. Absent without layers. */
  readonly layersDirectory?: string;
  readonly roleArn: string;
  readonly roleId: string;
  readonly logGroup: string;
  /** Text by default. */
  readonly logFormat?: "Text" | "JSON";
  /** TRACE, DEBUG, INFO, WARN, ERROR or FATAL, and DEBUG, INFO or WARN; only with JSON, INFO by default. */
  readonly applicationLogLevel?: string;
  readonly systemLogLevel?: string;
}

export interface Invocation {
  /** A UUID; the same in the answer, the context object and the log lines. */
  readonly requestId: string;
  readonly payload: Uint8Array;
  /** As invoked: unqualified, or with version or alias. */
  readonly invokedFunctionArn: string;
  /** `Root=1-…;Parent=…;Sampled=…` */
  readonly traceId: string;
  /** JSON text. */
  readonly clientContext?: string;
  /** JSON text: `cognitoIdentityId` and `cognitoIdentityPoolId`. */
  readonly cognitoIdentity?: string;
  readonly contentType?: string;
  /** Of a function whose tenants are kept apart. */
  readonly tenantId?: string;
  readonly wantsLogTail: boolean;
  /** When its request came in and when it was found good, on the monotonic clock; of requests that callers wait for. */
  readonly moments?: { readonly receivedAtMs: number; readonly checkedAtMs: number };
  /**
   * Told once, when the invocation has ended: its runtime and extensions are ready for more or gone. That is before
   * the outcome is known where both come together, else after it.
   */
  readonly onReport?: (report: InvocationReport) => void;
}

/** Takes the response of a streamed invocation while it arrives. Its end, and a failure midway, is the outcome. */
export interface ResponseReceiver {
  /** The function begins to answer, with the media type that it names. At most once, before all bytes. */
  begin(contentType: string): void;
  /** The promise resolves when more can be taken; until then nothing more is read from the function. */
  write(bytes: Uint8Array): Promise<void> | undefined;
}

/** What the caller gets, as soon as the function has answered. Function errors are outcomes, not rejections. */
export interface InvocationOutcome {
  /** The function's answer or error document, byte for byte. Empty if a receiver got the answer. */
  readonly payload: Uint8Array;
  /** Bytes that a receiver got. */
  readonly streamedBytes?: number;
  readonly functionError?: "Unhandled";
  /** For instance `Sandbox.Timedout` or `Runtime.ExitError`. */
  readonly errorType?: string;
  readonly status: InvocationStatus;
  /** What it took until now, where the function answered before the invocation has ended. */
  readonly reportSoFar?: InvocationReport;
  /** The last 4 KiB of the invocation's log, START to REPORT, if asked for; then the outcome waits for the end. */
  readonly logTail?: Uint8Array;
  readonly environmentId: string;
  readonly logStream: string;
  readonly isolation: IsolationTier;
}

export type InvocationStatus = "success" | "error" | "timeout" | "failure";

/** What an invocation took. */
export interface InvocationReport {
  /** Of the whole invocation: an answer may be out before the runtime crashes or an extension exceeds the time. */
  readonly status: InvocationStatus;
  /** Epoch milliseconds of the dispatch. */
  readonly startedAt: number;
  /** From the dispatch until the runtime and its extensions were done. */
  readonly durationMs: number;
  /** Only on the first invocation after an on-demand init. */
  readonly initDurationMs?: number;
  readonly billedDurationMs: number;
  /** The part of the duration after the runtime was done, in which extensions went on. */
  readonly postRuntimeExtensionsMs?: number;
  /** Peak of the environment so far, whole MiB. */
  readonly maxMemoryUsedMiB: number;
  /** The environment was made ready ahead of any request. */
  readonly provisioned: boolean;
}

export type IsolationTier = "gvisor" | "namespaces" | "process";

/** One running sandbox with one runtime in it. It serves one invocation at a time. */
export interface Environment {
  readonly id: string;
  readonly key: string;
  /** True between `onIdle` and the next `dispatch`. */
  readonly idle: boolean;
  readonly state: EnvironmentState;
  /** Peak so far, as of the last reading; 0 before the first. */
  readonly memoryMiB: number;
  /** A debugger is attached to it: it does not go for want of use or of room. */
  readonly debugged: boolean;
  /** Begins to read it anew. */
  readMemory(): void;
  /**
   * Runs one invocation; only legal while idle. Rejects only if the environment was lost before it began. With a
   * receiver the response is handed on as it arrives, at the pace that Lambda allows streams.
   */
  dispatch(invocation: Invocation, response?: ResponseReceiver): Promise<InvocationOutcome>;
  /** Stops it: at once if idle, after its invocation if busy. Resolves when nothing of it is left. */
  retire(): Promise<void>;
}

/** What an environment does: when it idles it is soon frozen; after a failure its next invocation begins with an init. */
export type EnvironmentState = "starting" | "busy" | "idle" | "frozen" | "reset" | "ending";

export type EnvironmentStatus = Pick<Environment, "id" | "key" | "idle" | "state">;

/** The environment was gone before the invocation began; another one has to run it. */
export class EnvironmentLost extends Error {
  override readonly name = "EnvironmentLost";
}

/** The function's own init kept a provisioned environment from coming up. */
export class InitFailed extends Error {
  override readonly name = "InitFailed";
}

export interface EnvironmentListener {
  /** The environment waits for work: after its init, and again after each invocation. */
  onIdle(environment: Environment): void;
  /** It is gone and its slot is free: retired, crashed, too old, or never came up (`error`). */
  onGone(environment: Environment, error?: Error): void;
}

/** What decides which sandboxes could wait for a function. */
export type ExpectedFunction = Pick<
  EnvironmentSpec,
  "runtime" | "memoryMiB" | "ephemeralStorageMiB" | "environment"
>;

/** The host of the environments of one node; in-process now, a further process or machine later. */
export interface EnvironmentHost {
  /** Creates an environment; it announces itself to the listener when it can take work. */
  assign(spec: EnvironmentSpec, listener: EnvironmentListener): Environment;
  inventory(): readonly EnvironmentStatus[];
  /** A function came to be, or changed, that may soon be invoked for the first time. Nothing of it is run. */
  expect(fn: ExpectedFunction): void;
  /** Sandboxes, of one runtime or all, that wait with its interpreter running for a function to be assigned. */
  waiting(runtime?: string): number;
  /** Ends all environments, the busy ones after their invocation, and resolves when none is left. */
  drain(): Promise<void>;
  readonly isolation: IsolationTier;
}

/** Where debuggers come in. */
export interface DebuggerDoor {
  /**
   * Lets debuggers attach to a function, through a port of the loopback; 0 picks one. What runs already is not touched:
   * environments that are made from now on, of `$LATEST` and one at a time, are what they attach to. While one is
   * attached no time of the function passes. Rejects with a sentence where that can't be.
   */
  debug(
    fn: { readonly functionArn: string; readonly runtime: string },
    port: number,
  ): Promise<{ readonly port: number; end(): Promise<void> }>;
}
