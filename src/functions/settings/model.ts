export type Architecture = "x86_64" | "arm64";

export interface LoggingSettings {
  readonly format: "Text" | "JSON";
  /** Only with JSON. */
  readonly applicationLevel?: string;
  readonly systemLevel?: string;
  readonly group: string;
}

export interface VpcSettings {
  readonly subnetIds: readonly string[];
  readonly securityGroupIds: readonly string[];
  readonly ipv6AllowedForDualStack: boolean;
}

/** The configuration of a function as it is kept, whatever form it came in. */
export interface FunctionSettings {
  readonly runtime: string;
  readonly runtimeVersionArn: string;
  readonly handler: string;
  readonly roleArn: string;
  readonly description: string;
  readonly timeoutSeconds: number;
  readonly memoryMiB: number;
  readonly ephemeralStorageMiB: number;
  readonly architecture: Architecture;
  /** Absent if never given. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly tracingMode: "Active" | "PassThrough";
  readonly snapStart: "None" | "PublishedVersions";
  readonly logging: LoggingSettings;
  /** Absent if never given. */
  readonly vpc?: VpcSettings;
}
