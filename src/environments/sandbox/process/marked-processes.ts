import { setImmediate as nextTurn } from "node:timers/promises";
import { type ProcessRow, readProcessTable, readVariable } from "./process-table.ts";

/** Marks every process of a sandbox, so that strays are found again, also by the next server. */
export const MARKER_VARIABLE = "LAMBKIN_SANDBOX";

export interface ProcessesNow {
  readonly table: readonly ProcessRow[];
  /** What processes are marked with, by process. */
  readonly marks: ReadonlyMap<number, string>;
}

/**
 * Looks at the machine's processes once for all who ask in the same turn. Where many run, a look takes a tenth of a
 * second, and sandboxes mostly end many at a time.
 */
export class MarkedProcesses {
  #looking: Promise<ProcessesNow> | undefined;

  /** Those that run at a moment after the question. */
  look(): Promise<ProcessesNow> {
    this.#looking ??= this.#lookOnce();
    return this.#looking;
  }

  async #lookOnce(): Promise<ProcessesNow> {
    await nextTurn();
    this.#looking = undefined;
    return { table: readProcessTable(), marks: readVariable(MARKER_VARIABLE) };
  }
}
