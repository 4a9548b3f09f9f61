import type { StoreDatabase } from "../../../storage/index.ts";

const COUNTER_BITS = 20n;

/**
 * The next sequencer: 16 upper-case hexadecimal digits of the time in milliseconds and a counter, always greater than
 * the one before, whatever the clock does.
 */
export function nextSequencer(database: StoreDatabase, nowMs: number): string {
  database.run(
    `UPDATE sequence SET
       counter = CASE WHEN ?1 > ms THEN 0 WHEN counter = 1048575 THEN 0 ELSE counter + 1 END,
       ms = CASE WHEN ?1 > ms THEN ?1 WHEN counter = 1048575 THEN ms + 1 ELSE ms END`,
    nowMs,
  );
  const row = database.get<{ ms: number; counter: number }>("SELECT ms, counter FROM sequence");
  const value = (BigInt(row?.ms ?? nowMs) << COUNTER_BITS) | BigInt(row?.counter ?? 0);
  return value.toString(16).toUpperCase().padStart(16, "0");
}
