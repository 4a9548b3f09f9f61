import { wireLimits } from "../../base/index.ts";
import type { ShapeConstraints } from "./table.ts";

export interface Constraint {
  readonly text: string;
  holds(value: unknown): boolean;
}

/** All that holds of a value itself, in the order in which AWS lists them: enumeration, most, least, pattern. */
export type SimpleConstraints = readonly Constraint[];

export function simpleConstraints(constraints: ShapeConstraints): SimpleConstraints {
  const { min, max, pattern } = constraints;
  const all: Constraint[] = [];
  const values = constraints.enum;
  if (values !== undefined) {
    const set = new Set<unknown>(values);
    all.push({
      text: `Member must satisfy enum value set: [${values.join(", ")}]`,
      holds: (value) => set.has(value),
    });
  }
  const numeric = ["integer", "long", "float", "double"].includes(constraints.type);
  const measured = numeric ? "value" : "length";
  const bound = (limit: number) => (isDecimal(constraints) ? decimalText(limit) : String(limit));
  const measure = numeric ? (value: unknown) => value as number : sizeOf;
  if (max !== undefined) {
    all.push({
      text: `Member must have ${measured} less than or equal to ${bound(max)}`,
      holds: (value) => !(measure(value) > max),
    });
  }
  if (min !== undefined && (numeric || min > 0)) {
    all.push({
      text: `Member must have ${measured} greater than or equal to ${bound(min)}`,
      holds: (value) => !(measure(value) < min),
    });
  }
  if (pattern !== undefined && pattern !== ".*") {
    const matches = anchored(pattern);
    all.push({
      text: `Member must satisfy regular expression pattern: ${pattern}`,
      // No pattern of the models is meant for longer texts, and some would take long over them.
      holds: (value) =>
        typeof value !== "string" || value.length > wireLimits.patternCharacters || matches.test(value),
    });
  }
  return all;
}

/** What an error lists of the elements of a list, or the keys or values of a map. */
export function elementConstraints(constraints: SimpleConstraints, sparse: boolean): string[] {
  const texts = constraints.map((constraint) => constraint.text);
  return sparse ? texts : [...texts, "Member must not be null"];
}

function sizeOf(value: unknown): number {
  if (typeof value === "string" || Array.isArray(value)) return value.length;
  if (value instanceof Uint8Array) return value.byteLength;
  return typeof value === "object" && value !== null ? Object.keys(value).length : 0;
}

/**
 * The models' patterns are Java's, meant for the whole value. JavaScript's newer syntax has Java's character classes
 * and characters beyond 16 bits; `[\w-_]` is one that only the older takes.
 */
function anchored(pattern: string): RegExp {
  const source = `^(?:${pattern.replaceAll("\\p{Print}", "[ -~]")})$`;
  try {
    return new RegExp(source, "u");
  } catch {
    return new RegExp(source);
  }
}

/** `'x'`, `'[a, b]'`, `'{k=v}'`, `null`. */
export function describeValue(value: unknown, decimal: boolean): string {
  if (value === null || value === undefined) return "null";
  const text = plainText(value, decimal);
  const most = wireLimits.describedValueCharacters;
  return `'${text.length > most ? `${text.slice(0, most)}...` : text}'`;
}

function plainText(value: unknown, decimal: boolean): string {
  if (Array.isArray(value)) return `[${value.map((entry) => plainText(entry, decimal)).join(", ")}]`;
  if (value instanceof Uint8Array) {
    return `java.nio.HeapByteBuffer[pos=0 lim=${value.byteLength} cap=${value.byteLength}]`;
  }
  if (value instanceof Date) return value.toISOString();
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).map(([name, entry]) => `${name}=${plainText(entry, decimal)}`);
    return `{${entries.join(", ")}}`;
  }
  return typeof value === "number" && decimal ? decimalText(value) : String(value);
}

/** Numbers that AWS keeps as doubles are written with a fraction. */
export function isDecimal(constraints: ShapeConstraints | undefined): boolean {
  return constraints?.type === "double" || constraints?.type === "float";
}

function decimalText(number: number): string {
  return Number.isInteger(number) ? `${number}.0` : String(number);
}
