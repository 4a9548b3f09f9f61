/** One part of `npm run verify`. */
export interface Part {
  readonly name: string;
  readonly what: string;
  /** How long it runs unless told otherwise. */
  readonly minutes: number;
  /** What `--only` runs by itself. */
  readonly pieces?: readonly string[];
  /** Runs for about this long, and tells how much of what ran. Throws what went wrong. */
  run(context: PartContext): Promise<string>;
}

export interface PartContext {
  readonly minutes: number;
  /** Kills of a server, where the part makes any, in place of those that fit the minutes. */
  readonly kills?: number;
  /** Of the part's pieces the one to run, in place of all. */
  readonly only?: string;
  readonly say: (line: string) => void;
  /** Shows more than one line of results. */
  readonly table: (heads: readonly string[], rows: readonly (readonly string[])[]) => void;
}
