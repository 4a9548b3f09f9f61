import type { CapacityProvider } from "@aws-sdk/client-lambda";

/** Everything of one capacity provider. */
export interface CapacityProviderDocument {
  readonly format: 1;
  readonly name: string;
  readonly state: "Pending" | "Active" | "Deleting";
  /** As the API shows them. */
  readonly settings: Pick<
    CapacityProvider,
    | "CapacityProviderScalingConfig"
    | "InstanceRequirements"
    | "KmsKeyArn"
    | "PermissionsConfig"
    | "PropagateTags"
    | "TelemetryConfig"
    | "VpcConfig"
  >;
  /** Epoch milliseconds; grows with every change. */
  readonly lastModified: number;
  readonly tags: Readonly<Record<string, string>>;
}
