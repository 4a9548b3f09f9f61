import type { EventOrigin } from "../base/index.ts";
import type { RequestContext } from "../wire/index.ts";
import type { Held, HeldListener } from "./collection.ts";
import type { MappingDocument } from "./mappings/document.ts";

/** A function version as the invoke path needs it. Immutable: a change makes a new one with another generation. */
export interface ResolvedFunction {
  readonly account: string;
  readonly region: string;
  readonly name: string;
  /** `$LATEST` or a number. */
  readonly version: string;
  /** Unqualified. */
  readonly arn: string;
  /** As invoked: unqualified, or with the version or alias that was asked for. */
  readonly invokedArn: string;
  /** The alias that led here, if one did. */
  readonly alias?: string;
  /** Changes with every change of code or configuration; environments belong to one. */
  readonly generation: string;
  readonly runtime: string;
  readonly handler: string;
  readonly architecture: "x86_64" | "arm64";
  readonly memoryMiB: number;
  readonly timeoutMs: number;
  readonly ephemeralStorageMiB: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly roleArn: string;
  readonly logGroup: string;
  /** Lower-case hexadecimal SHA-256 of the deployment package. */
  readonly codeSha256: string;
  /** The directory that the function runs from instead of a package, and whose changes make another generation. */
  readonly liveDirectory?: string;
  /** Whether the function may go on calling itself through other services. */
  readonly recursiveLoop: "Allow" | "Terminate";
  /** Of the function; what its usage is allocated by. */
  readonly tags: Readonly<Record<string, string>>;
  /** Those of the layers' archives, in the order in which they are laid over one another. */
  readonly layerSha256s: readonly string[];
  readonly logFormat: "Text" | "JSON";
  /** TRACE, DEBUG, INFO, WARN, ERROR or FATAL; only with JSON. */
  readonly applicationLogLevel?: string;
  /** DEBUG, INFO or WARN; only with JSON. */
  readonly systemLogLevel?: string;
  /** Of the queue or topic that gets asynchronous events which could not be handled. */
  readonly deadLetterTargetArn?: string;
  /** Every invocation names its tenant, and environments serve one tenant each. */
  readonly tenantIsolation?: "PER_TENANT";
  /** A published version with SnapStart: its environments come up as if from a snapshot. */
  readonly snapStart?: true;
  /** Present for durable functions. */
  readonly durable?: {
    readonly executionTimeoutSeconds: number;
    readonly retentionDays: number;
  };
}

/**
 * How asynchronous invocations under one qualifier are tried again and what becomes of them.
 * https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionEventInvokeConfig.html
 */
export interface AsynchronousSettings {
  /** From 0 to 2. */
  readonly maximumRetryAttempts: number;
  /** From 60 to 21,600. */
  readonly maximumEventAgeSeconds: number;
  /** ARNs of what is sent the record of an invocation. */
  readonly onSuccess?: string;
  readonly onFailure?: string;
}

/** Environments that are to be ready for a version or alias before anybody calls. */
export interface ProvisionedTarget {
  /** The version or alias that was asked for. */
  readonly qualifier: string;
  /** What to start; of an alias, the version that is not its additional one. */
  readonly target: ResolvedFunction;
  readonly requested: number;
}

/** Concurrency of one function. */
export interface FunctionConcurrency {
  /** What the function has for itself and may not exceed; 0 stops it, undefined leaves it to the account's. */
  readonly reserved: number | undefined;
  /** Only what is Active; at most one of a version, be it named by number or by alias. */
  readonly provisioned: readonly ProvisionedTarget[];
}

/** What invoke made of a ProvisionedTarget; the last report of a generation is what the API shows. */
export interface ProvisionedReport {
  /** Unqualified. */
  readonly arn: string;
  readonly qualifier: string;
  /** Of the target that was started. */
  readonly generation: string;
  /** Environments that exist for it, and those of them that run nothing. */
  readonly allocated: number;
  readonly available: number;
  /** Why no more are started, for instance `FUNCTION_ERROR_INIT_FAILURE`. */
  readonly failure?: string;
}

/** What a poller found out about a mapping. */
export interface MappingReport {
  /** `OK`, or `PROBLEM: ` and what went wrong. */
  readonly lastProcessingResult?: string;
  readonly stateTransitionReason?: string;
}

/** Event source mappings, for what reads the sources: those that are Enabled are to be read. */
export interface EventSourceMappings {
  all(): Iterable<Held<MappingDocument>>;
  /** Called after every change of any mapping, in order, with what was and what is. */
  onChange(listener: HeldListener<MappingDocument>): void;
  /** Writes back what a poller found out. Does nothing if the mapping is gone. */
  report(
    scope: { readonly account: string; readonly region: string },
    uuid: string,
    report: MappingReport,
  ): Promise<void>;
}

/** The functions of this installation, in memory, for the invoke path. */
export interface FunctionCatalog {
  /**
   * Finds what an Invoke names: any accepted form of function name, with the qualifier in it or beside it.
   * An alias with weights is drawn anew by every call.
   * Throws the ServiceError that Invoke answers: malformed, not found, foreign account or region, Pending or Failed.
   * A function of another account than `account` is only found for a `caller` whom its policy lets invoke it.
   */
  resolve(
    request: {
      readonly account: string;
      readonly region: string;
      readonly functionName: string;
      readonly qualifier?: string | undefined;
    },
    caller?: RequestContext,
  ): ResolvedFunction;
  /** The unpacked deployment package: read-only, content-addressed, unpacked once however many ask. */
  codeDirectory(target: ResolvedFunction): Promise<string>;
  /** The layers laid over one another, read-only, made once for all functions with the same ones; undefined without layers. */
  layersDirectory(target: ResolvedFunction): Promise<string | undefined>;
  /** Calls back when a generation of a function version stops being current (updated or deleted). */
  onSuperseded(
    listener: (key: { readonly arn: string; readonly version: string; readonly generation: string }) => void,
  ): void;
  /**
   * Calls back with what goes on in place of a generation that ended although its function was not changed: after
   * changes below the directory that it runs from, or of `serveAlone`.
   */
  onReloaded(
    listener: (
      target: ResolvedFunction,
      reload: { readonly paths: readonly string[]; readonly alone: boolean },
    ) => void,
  ): void;
  /**
   * Whether one environment is to serve the function's invocations one after the other, made ahead of them. Those that
   * there are go, and what follows them is made anew. False if there is no such function.
   */
  serveAlone(functionArn: string, alone: boolean): boolean;
  /** Calls back when what `$LATEST` runs became another one that can be invoked: made or updated since the start. */
  onServing(listener: (target: ResolvedFunction) => void): void;
  /** By the unqualified ARN; undefined if there is no such function. The same object until something of it changes. */
  concurrency(functionArn: string): FunctionConcurrency | undefined;
  /** Calls back with the unqualified ARN when the concurrency of a function may be another one, also when it is gone. */
  onConcurrencyChanged(listener: (functionArn: string) => void): void;
  /** Functions for which something is provisioned, by unqualified ARN; for the start. */
  provisionedFunctions(): readonly string[];
  reportProvisioned(report: ProvisionedReport): void;
  /** What all functions without a reserve of their own share: the account's limit less what is reserved or provisioned. */
  unreservedConcurrency(scope: { readonly account: string; readonly region: string }): number;
  /** By the ARN as invoked; undefined if there is no such function. Versions and aliases inherit nothing. */
  asynchronousSettings(invokedArn: string): AsynchronousSettings | undefined;
  /** What the function's resource policy says of a service that wants to invoke it. */
  authorize(functionArn: string, origin: EventOrigin): "ok" | "missing" | "forbidden";
}
