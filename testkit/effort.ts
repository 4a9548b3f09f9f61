/**
 * How much of something a test does: `short` in `npm test`, more in `npm run verify`, which sets `LAMBKIN_EFFORT` to
 * the factor.
 */
export function effort(short: number): number {
  return Math.round(short * FACTOR);
}

const FACTOR = factorOfRun();

function factorOfRun(): number {
  const given = process.env["LAMBKIN_EFFORT"];
  if (given === undefined || given === "") return 1;
  const factor = Number(given);
  if (!(factor >= 1)) throw new Error(`LAMBKIN_EFFORT is no factor of 1 or more: ${given}`);
  return factor;
}
