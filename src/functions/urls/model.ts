import type { FunctionUrlAuthType, InvokeMode } from "@aws-sdk/client-lambda";

/** An address of a function or alias, https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html */
export interface FunctionUrl {
  /** 32 lower-case letters and digits: the first label of the host name. */
  readonly id: string;
  readonly authType: FunctionUrlAuthType;
  readonly cors?: CorsSettings;
  /** Absent if never given: then it is BUFFERED. */
  readonly invokeMode?: InvokeMode;
  /** Epoch milliseconds. */
  readonly created: number;
  readonly lastModified: number;
}

/** Absent members send no header. */
export interface CorsSettings {
  readonly allowCredentials?: boolean;
  readonly allowHeaders?: readonly string[];
  readonly allowMethods?: readonly string[];
  readonly allowOrigins?: readonly string[];
  readonly exposeHeaders?: readonly string[];
  readonly maxAgeSeconds?: number;
}
