import { isIP } from "node:net";
import { because } from "../errors.ts";

/** Objects inside each other; a pattern has 4,096 characters at most. */
const MOST_NESTING = 64;
const COMPARISONS = new Set(["<", "<=", "=", ">", ">="]);

/** Throws InvalidParameterValueException unless the pattern is one that events can be matched against. */
export function demandFilterPattern(pattern: string | undefined): void {
  let parsed: unknown;
  try {
    parsed = JSON.parse(pattern ?? "");
  } catch {
    throw because("badFilterPattern");
  }
  if (!isObject(parsed) || !isPattern(parsed, 0)) throw because("badFilterPattern");
}

function isPattern(pattern: Record<string, unknown>, depth: number): boolean {
  if (depth > MOST_NESTING) return false;
  return Object.entries(pattern).every(([key, value]) => {
    if (key === "$or" && Array.isArray(value)) {
      return value.length > 0 && value.every((branch) => isObject(branch) && isPattern(branch, depth + 1));
    }
    if (Array.isArray(value)) return value.length > 0 && value.every(isMatcher);
    return isObject(value) && Object.keys(value).length > 0 && isPattern(value, depth + 1);
  });
}

function isMatcher(matcher: unknown): boolean {
  if (!isObject(matcher)) return matcher === null || ["string", "number", "boolean"].includes(typeof matcher);
  const [[operator, operand] = [], ...more] = Object.entries(matcher);
  return operator !== undefined && more.length === 0 && isOperation(operator, operand);
}

function isOperation(operator: string, operand: unknown): boolean {
  switch (operator) {
    case "exists":
      return typeof operand === "boolean";
    case "prefix":
    case "suffix":
      return typeof operand === "string" || isIgnoringCase(operand);
    case "equals-ignore-case":
      return typeof operand === "string";
    case "wildcard":
      return typeof operand === "string" && !operand.includes("**");
    case "numeric":
      return isNumeric(operand);
    case "cidr":
      return isCidr(operand);
    case "anything-but":
      return isAnythingBut(operand);
    default:
      return false;
  }
}

function isIgnoringCase(operand: unknown): boolean {
  return (
    isObject(operand) &&
    Object.keys(operand).length === 1 &&
    typeof operand["equals-ignore-case"] === "string"
  );
}

function isAnythingBut(operand: unknown): boolean {
  if (typeof operand === "string" || typeof operand === "number") return true;
  if (Array.isArray(operand)) {
    return (
      operand.length > 0 && operand.every((value) => typeof value === "string" || typeof value === "number")
    );
  }
  if (!isObject(operand)) return false;
  const [[operator, value] = [], ...more] = Object.entries(operand);
  const named =
    operator !== undefined && ["prefix", "suffix", "equals-ignore-case", "wildcard"].includes(operator);
  const texts = Array.isArray(value) ? value : [value];
  return named && more.length === 0 && texts.length > 0 && texts.every((text) => typeof text === "string");
}

/** One comparison, or a lower and an upper one. */
function isNumeric(operand: unknown): boolean {
  if (!Array.isArray(operand) || (operand.length !== 2 && operand.length !== 4)) return false;
  for (let index = 0; index < operand.length; index += 2) {
    if (!COMPARISONS.has(operand[index] as string) || typeof operand[index + 1] !== "number") return false;
  }
  if (operand.length === 2) return true;
  const [first, low, second, high] = operand as [string, number, string, number];
  return first.startsWith(">") && second.startsWith("<") && low < high;
}

function isCidr(operand: unknown): boolean {
  if (typeof operand !== "string") return false;
  const [address = "", bits = "", more] = operand.split("/");
  const family = isIP(address);
  return (
    more === undefined && family !== 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128)
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
