/**
 * How long a test waits for what has to happen: what it says, times `LAMBKIN_PATIENCE`, for machines that are as many
 * times slower, such as those with an emulated processor. What must not take longer is never stretched by it.
 */
export function patience(waitMs: number): number {
  return waitMs * FACTOR;
}

const FACTOR = factorOfRun();

function factorOfRun(): number {
  const given = process.env["LAMBKIN_PATIENCE"];
  if (given === undefined || given === "") return 1;
  const factor = Number(given);
  if (!(factor >= 1)) throw new Error(`LAMBKIN_PATIENCE is no factor of 1 or more: ${given}`);
  return factor;
}
