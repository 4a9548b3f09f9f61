/** Environments that are asked to be kept ready for a version or alias. */
export interface ProvisionedConfig {
  readonly requested: number;
  /** Epoch milliseconds. */
  readonly lastModified: number;
}
