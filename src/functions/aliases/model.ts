/** A name for a version, or for two between which invocations are divided. */
export interface Alias {
  /** `$LATEST` or a number. */
  readonly version: string;
  readonly description: string;
  readonly revisionId: string;
  /** The version that gets a share of the invocations; the rest goes to `version`. */
  readonly additional?: AdditionalVersion;
}

export interface AdditionalVersion {
  readonly version: string;
  /** From 0 to 1. */
  readonly weight: number;
}
