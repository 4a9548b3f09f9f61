import type { EventOrigin } from "../base/index.ts";

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
}

/** The functions of this installation, in memory, for the invoke path. */
export interface FunctionCatalog {
  /**
   * Finds what an Invoke names: any accepted form of function name, with the qualifier in it or beside it.
   * Throws the ServiceError that Invoke answers: malformed, not found, foreign account or region, Pending or Failed.
   */
  resolve(request: {
    readonly account: string;
    readonly region: string;
    readonly functionName: string;
    readonly qualifier?: string;
  }): ResolvedFunction;
  /** The unpacked deployment package: read-only, content-addressed, unpacked once however many ask. */
  codeDirectory(target: ResolvedFunction): Promise<string>;
  /** Calls back when a generation of a function version stops being current (updated or deleted). */
  onSuperseded(
    listener: (key: { readonly arn: string; readonly version: string; readonly generation: string }) => void,
  ): void;
  /** What the function's resource policy says of a service that wants to invoke it. */
  authorize(functionArn: string, origin: EventOrigin): "ok" | "missing" | "forbidden";
}
