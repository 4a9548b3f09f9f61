/**
 * Numbers as decimal digits, where V8 takes longer than all that is done with them: it keeps the texts of small whole
 * numbers, and makes all others anew.
 */

const HUNDREDTHS = padded(100, 2);
const THOUSANDTHS = padded(1_000, 3);
const LARGE = 1e9;
/** Whether a last digit is rounded up, a product this close to the middle does not tell for certain. */
const MIDDLE = 1e-3;

function padded(count: number, digits: number): readonly string[] {
  return Array.from({ length: count }, (_, number) => String(number).padStart(digits, "0"));
}

/** Times in epoch milliseconds, most of which are of the same second as the one before. */
export class EpochText {
  #second = 0;
  #digits = "";

  of(timeMs: number): string {
    const second = Math.floor(timeMs / 1_000);
    const rest = second > 0 ? THOUSANDTHS[timeMs - second * 1_000] : undefined;
    if (rest === undefined) return String(timeMs);
    if (second !== this.#second) {
      this.#second = second;
      this.#digits = String(second);
    }
    return this.#digits + rest;
  }
}

/** As `value.toFixed(2)`. */
export function twoDecimals(value: number): string {
  if (!(value >= 0 && value < LARGE)) return value.toFixed(2);
  const product = value * 100;
  const down = Math.floor(product);
  const above = product - down;
  if (Math.abs(above - 0.5) < MIDDLE) return value.toFixed(2);
  const hundredths = above < 0.5 ? down : down + 1;
  const whole = Math.floor(hundredths / 100);
  return `${whole}.${HUNDREDTHS[hundredths - whole * 100]}`;
}

/** With three decimals, half of one rounded up. */
export function threeDecimals(value: number): string {
  if (!(value >= 0 && value < LARGE)) return value.toFixed(3);
  const thousandths = Math.round(value * 1_000);
  const whole = Math.floor(thousandths / 1_000);
  return `${whole}.${THOUSANDTHS[thousandths - whole * 1_000]}`;
}
