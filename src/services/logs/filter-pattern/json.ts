import { readBoolean } from "./boolean-expression.ts";
import { readComparison } from "./comparison.ts";
import { invalidPattern, Scanner } from "./scanner.ts";

/** One step of a selector; `*` is any element of an array. */
type Step = { readonly property: string } | { readonly index: number | "*" };

/**
 * `{ $.a.b[0] = "x" && ($.n > 1 || $.o IS NULL || $.p NOT EXISTS) }`. Messages that are no JSON object or array do not
 * match, nor does any comparison of something that is not there.
 */
export function compileJsonPattern(text: string): (message: string) => boolean {
  const scanner = new Scanner(text);
  scanner.expect("{");
  const holds = readBoolean<unknown>(scanner, () => readCondition(scanner));
  scanner.expect("}");
  if (!scanner.ended) throw invalidPattern();
  return (message) => {
    const value = parse(message);
    return value !== undefined && holds(value);
  };
}

function parse(message: string): object | undefined {
  const start = message.trimStart()[0];
  if (start !== "{" && start !== "[") return undefined;
  try {
    return JSON.parse(message) as object;
  } catch {
    return undefined;
  }
}

function readCondition(scanner: Scanner): (subject: unknown) => boolean {
  const steps = readSelector(scanner);
  const word = scanner.match(/[A-Za-z]+/y)?.toUpperCase();
  if (word === undefined) {
    const compare = readComparison(scanner);
    if (compare === undefined) throw invalidPattern();
    return (subject) => select(subject, steps).some((value) => isScalar(value) && compare(value));
  }
  const second = scanner.match(/[A-Za-z]+/y)?.toUpperCase();
  switch (`${word} ${second ?? ""}`) {
    case "NOT EXISTS":
      return (subject) => select(subject, steps).length === 0;
    case "IS NULL":
      return (subject) => select(subject, steps).includes(null);
    case "IS TRUE":
      return (subject) => select(subject, steps).includes(true);
    case "IS FALSE":
      return (subject) => select(subject, steps).includes(false);
    default:
      throw invalidPattern();
  }
}

function readSelector(scanner: Scanner): Step[] {
  scanner.expect("$");
  const steps: Step[] = [];
  for (;;) {
    const dot = scanner.takeHere(".");
    if (scanner.takeHere("[")) {
      const bracketed = scanner.matchHere(/'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|\d{1,9}|\*/y);
      if (bracketed === undefined || !scanner.takeHere("]")) throw invalidPattern();
      steps.push(stepOf(bracketed));
    } else if (dot) {
      const property = scanner.matchHere(/[\w-]+/y);
      if (property === undefined) throw invalidPattern();
      steps.push({ property });
    } else break;
  }
  if (steps.length === 0) throw invalidPattern();
  return steps;
}

function stepOf(bracketed: string): Step {
  if (bracketed === "*") return { index: "*" };
  if (/^\d/.test(bracketed)) return { index: Number(bracketed) };
  return { property: bracketed.slice(1, -1).replace(/\\(.)/g, "$1") };
}

/** What a selector finds: nothing, or one value, or several where it goes through `[*]`. */
function select(subject: unknown, steps: readonly Step[]): unknown[] {
  let found: unknown[] = [subject];
  for (const step of steps) {
    found = found.flatMap((value) => {
      if ("property" in step) {
        const { property } = step;
        if (typeof value !== "object" || value === null || Array.isArray(value)) return [];
        return Object.hasOwn(value, property) ? [(value as Record<string, unknown>)[property]] : [];
      }
      if (!Array.isArray(value)) return [];
      if (step.index === "*") return value as unknown[];
      return step.index < value.length ? [value[step.index] as unknown] : [];
    });
  }
  return found;
}

function isScalar(value: unknown): value is string | number | boolean {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}
