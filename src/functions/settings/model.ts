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

export interface DurableSettings {
  readonly executionTimeoutSeconds: number;
  readonly retentionDays: number;
  readonly kmsKeyArn?: string;
}

/** A layer version as a function refers to it; it goes on with this one after the layer version is deleted. */
export interface LayerReference {
  /** Of the layer version. */
  readonly arn: string;
  /** Lower-case hexadecimal SHA-256 of its archive. */
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly unzippedBytes: number;
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
  /** Of the queue or topic for asynchronous events that could not be handled. */
  readonly deadLetterTargetArn?: string;
  /** Of environment variables. */
  readonly kmsKeyArn?: string;
  /** Of the deployment package. */
  readonly sourceKmsKeyArn?: string;
  /** Only given when the function is created. */
  readonly durable?: DurableSettings;
  /** Only given when the function is created: environments serve one tenant each. */
  readonly tenantIsolation?: "PER_TENANT";
  /** In the order in which they are laid over one another; absent if there is none. */
  readonly layers?: readonly LayerReference[];
}
