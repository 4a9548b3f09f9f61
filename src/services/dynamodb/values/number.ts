import { invalid } from "../errors.ts";

/**
 * DynamoDB's numbers: decimal, 38 significant digits, magnitude from 1E-130 to 9.9999999999999999999999999999999999999E+125.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html
 */
interface Decimal {
  readonly sign: -1 | 0 | 1;
  /** No leading and no trailing zeros; empty for zero. */
  readonly digits: string;
  /** The value is sign * 0.digits * 10^point. */
  readonly point: number;
}

const NUMBER_DIGITS = 38;
const NUMBER_POINT_LEAST = -129;
const NUMBER_POINT_MOST = 126;

const SYNTAX = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/;
/** Whole numbers that double arithmetic holds exactly and that are already canonical. */
const SMALL = /^(?:0|-?[1-9]\d{0,14})$/;
const ZERO: Decimal = { sign: 0, digits: "", point: 0 };

const OVERFLOW = "Number overflow. Attempting to store a number with magnitude larger than supported range";
const UNDERFLOW =
  "Number underflow. Attempting to store a number with magnitude smaller than supported range";

/** The canonical text of a number: plain decimal notation without superfluous zeros. Throws ValidationException. */
export function canonicalNumber(text: string): string {
  return SMALL.test(text) ? text : formatDecimal(checked(parseText(text)));
}

function parseText(text: string): Decimal {
  const match = SYNTAX.exec(text);
  const whole = match?.[2] ?? "";
  const fraction = match?.[3] ?? "";
  if (match === null || whole.length + fraction.length === 0) {
    throw invalid(
      text === ""
        ? "The parameter cannot be converted to a numeric value"
        : `The parameter cannot be converted to a numeric value: ${text}`,
    );
  }
  return normalize(match[1] === "-" ? -1 : 1, whole + fraction, whole.length + Number(match[4] ?? 0));
}

/** `sign * 0.digits * 10^point` with any digits, in the form that Decimal promises. */
function normalize(sign: -1 | 1, digits: string, point: number): Decimal {
  let first = 0;
  while (first < digits.length && digits.charCodeAt(first) === 48) first++;
  let end = digits.length;
  while (end > first && digits.charCodeAt(end - 1) === 48) end--;
  if (first === end) return ZERO;
  return { sign, digits: digits.slice(first, end), point: point - first };
}

function checked(value: Decimal): Decimal {
  if (value.sign === 0) return value;
  if (value.point > NUMBER_POINT_MOST) throw invalid(OVERFLOW);
  if (value.point < NUMBER_POINT_LEAST) throw invalid(UNDERFLOW);
  if (value.digits.length > NUMBER_DIGITS) {
    throw invalid("Attempting to store more than 38 significant digits in a Number");
  }
  return value;
}

function formatDecimal({ sign, digits, point }: Decimal): string {
  if (sign === 0) return "0";
  const minus = sign < 0 ? "-" : "";
  if (point <= 0) return `${minus}0.${"0".repeat(-point)}${digits}`;
  if (point >= digits.length) return `${minus}${digits}${"0".repeat(point - digits.length)}`;
  return `${minus}${digits.slice(0, point)}.${digits.slice(point)}`;
}

/** Sum of two canonical numbers, exact or refused. */
export function addNumbers(left: string, right: string): string {
  if (SMALL.test(left) && SMALL.test(right)) return String(Number(left) + Number(right));
  return formatDecimal(sum(parseText(left), parseText(right)));
}

export function subtractNumbers(left: string, right: string): string {
  if (SMALL.test(left) && SMALL.test(right)) return String(Number(left) - Number(right));
  const subtrahend = parseText(right);
  return formatDecimal(sum(parseText(left), { ...subtrahend, sign: -subtrahend.sign as Decimal["sign"] }));
}

function sum(left: Decimal, right: Decimal): Decimal {
  if (left.sign === 0) return right;
  if (right.sign === 0) return left;
  const exponent = Math.min(left.point - left.digits.length, right.point - right.digits.length);
  const total = scaled(left, exponent) + scaled(right, exponent);
  if (total === 0n) return ZERO;
  const digits = (total < 0n ? -total : total).toString();
  const result = normalize(total < 0n ? -1 : 1, digits, digits.length + exponent);
  if (result.point < NUMBER_POINT_LEAST) throw invalid(UNDERFLOW);
  // DynamoDB calls a result that needs more than 38 digits an overflow, too.
  if (result.point > NUMBER_POINT_MOST || result.digits.length > NUMBER_DIGITS) throw invalid(OVERFLOW);
  return result;
}

/** The value as a multiple of 10^exponent. */
function scaled({ sign, digits, point }: Decimal, exponent: number): bigint {
  const magnitude = BigInt(digits) * 10n ** BigInt(point - digits.length - exponent);
  return sign < 0 ? -magnitude : magnitude;
}

/** Negative, zero or positive as `left` is less than, equal to or greater than `right`; both canonical. */
export function compareNumbers(left: string, right: string): number {
  if (SMALL.test(left) && SMALL.test(right)) return Number(left) - Number(right);
  const a = parseText(left);
  const b = parseText(right);
  if (a.sign !== b.sign) return a.sign - b.sign;
  if (a.point !== b.point) return (a.point - b.point) * a.sign;
  if (a.digits === b.digits) return 0;
  return a.digits < b.digits ? -a.sign : a.sign;
}

/**
 * Bytes whose order is the numbers' order: a sign byte, the biased point, then two digits a byte. The bytes of a
 * negative number are complemented and closed with 0xFF, so that the longer of two that agree is the lesser.
 */
export function encodeNumber(canonical: string): Uint8Array {
  const { sign, digits, point } = parseText(canonical);
  if (sign === 0) return Uint8Array.of(2);
  const pairs = (digits.length + 1) >> 1;
  const bytes = new Uint8Array(2 + pairs + (sign < 0 ? 1 : 0));
  bytes[0] = sign < 0 ? 1 : 3;
  bytes[1] = point - NUMBER_POINT_LEAST;
  for (let pair = 0; pair < pairs; pair++) {
    const tens = digits.charCodeAt(2 * pair) - 48;
    const ones = 2 * pair + 1 < digits.length ? digits.charCodeAt(2 * pair + 1) - 48 : 0;
    bytes[2 + pair] = 1 + 10 * tens + ones;
  }
  if (sign < 0) {
    for (let at = 1; at < bytes.length; at++) bytes[at] = 255 - (bytes[at] as number);
  }
  return bytes;
}

/**
 * Bytes that a number counts for in the size of its item: digits in pairs, those before and those after the decimal
 * point apart, one for the exponent and one for a minus sign.
 */
export function numberSize(canonical: string): number {
  const { sign, digits, point } = parseText(canonical);
  const whole = Math.max(0, Math.min(point, digits.length));
  return 1 + Math.ceil(whole / 2) + Math.ceil((digits.length - whole) / 2) + (sign < 0 ? 1 : 0);
}
