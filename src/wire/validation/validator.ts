import { wireLimits } from "../../base/index.ts";
import { SerializationError } from "../codecs/serialization-error.ts";
import {
  describeValue,
  elementConstraints,
  isDecimal,
  type SimpleConstraints,
  simpleConstraints,
} from "./constraint.ts";
import { childPath, elementPath, memberName } from "./path.ts";
import type { ConstraintTable, ShapeConstraints } from "./table.ts";

/**
 * Checks an operation's input; gives the violations in the words of AWS's front end:
 * `Value <value> at '<path>' failed to satisfy constraint: <constraint>`.
 */
export type Validator = (input: Readonly<Record<string, unknown>>) => readonly string[];

/**
 * Replaces or lifts what a model says of a shape where the live service does otherwise; `null` lifts. For one member of
 * a structure only, by `Shape.Member`, it can only be lifted.
 */
export type ConstraintOverrides = Readonly<Record<string, Partial<ShapeConstraints> | null>>;

type Check = (value: unknown, path: string, violations: string[]) => void;

/** AWS cuts fractions off where an integer is asked for, and refuses what such an integer can't hold. */
const INTEGER_LIMITS: Readonly<Record<string, number>> = {
  integer: 2 ** 31,
  long: Number.MAX_SAFE_INTEGER,
};

export class Validators {
  readonly #table: ConstraintTable;
  readonly #overrides: ConstraintOverrides;
  readonly #checks = new Map<string, Check | undefined>();

  constructor(table: ConstraintTable, overrides: ConstraintOverrides) {
    this.#table = table;
    this.#overrides = overrides;
  }

  of(operation: string): Validator {
    const name = this.#table.inputs[operation];
    const check = name === undefined ? undefined : this.#check(name);
    return (input) => {
      const violations: string[] = [];
      check?.(input, "", violations);
      return violations;
    };
  }

  #constraints(name: string): ShapeConstraints | undefined {
    const override = this.#overrides[name];
    if (override === null) return undefined;
    const own = this.#table.shapes[name];
    return own === undefined ? undefined : { ...own, ...override };
  }

  #check(name: string): Check | undefined {
    if (this.#checks.has(name)) return this.#checks.get(name);
    const constraints = this.#constraints(name);
    if (constraints === undefined) return undefined;
    // Stands in for shapes that contain themselves.
    let compiled: Check | undefined;
    this.#checks.set(name, (value, path, violations) => compiled?.(value, path, violations));
    compiled = this.#compile(name, constraints);
    this.#checks.set(name, compiled);
    return compiled;
  }

  #compile(name: string, constraints: ShapeConstraints): Check | undefined {
    switch (constraints.type) {
      case "structure":
        return this.#structure(name, constraints);
      case "list":
        return this.#list(constraints);
      case "map":
        return this.#map(constraints);
      default:
        return simpleCheck(simpleConstraints(constraints), isDecimal(constraints));
    }
  }

  #structure(name: string, constraints: ShapeConstraints): Check {
    const required = constraints.required ?? [];
    const members = Object.entries(constraints.members ?? {}).flatMap(([member, shape]) => {
      if (this.#overrides[`${name}.${member}`] === null) return [];
      const check = this.#check(shape);
      return check === undefined ? [] : [{ member, name: memberName(member), check }];
    });
    const integers = Object.entries(constraints.members ?? {}).flatMap(([member, shape]) => {
      const most = INTEGER_LIMITS[this.#table.shapes[shape]?.type ?? ""];
      return most === undefined ? [] : [{ member, most }];
    });
    return (value, path, violations) => {
      const object = value as Record<string, unknown>;
      for (const { member, most } of integers) {
        const number = object[member];
        if (typeof number === "number" && !Number.isInteger(number)) object[member] = Math.trunc(number);
        if (typeof number === "number" && !(Math.abs(number) <= most)) {
          throw new SerializationError("NUMBER_VALUE cannot be converted to Integer");
        }
      }
      for (const member of required) {
        if (object[member] === undefined || object[member] === null) {
          report(violations, null, childPath(path, memberName(member)), "Member must not be null");
        }
      }
      for (const { member, name: at, check } of members) {
        const entry = object[member];
        if (entry !== undefined && entry !== null) check(entry, childPath(path, at), violations);
      }
    };
  }

  #list(constraints: ShapeConstraints): Check {
    const size = simpleConstraints(constraints);
    const element = constraints.member === undefined ? undefined : this.#constraints(constraints.member);
    const compound = element !== undefined && isCompound(element);
    const nested = compound ? this.#check(constraints.member as string) : undefined;
    const simple = element === undefined || compound ? undefined : simpleConstraints(element);
    const sparse = constraints.sparse === true;
    return (value, path, violations) => {
      const list = value as readonly unknown[];
      reportAll(size, list, path, violations);
      if (nested !== undefined) {
        list.forEach((entry, index) => {
          if (entry !== null) nested(entry, elementPath(path, index), violations);
        });
      }
      const broken = list.some((entry) =>
        entry === null ? !sparse : simple?.some((constraint) => !constraint.holds(entry)),
      );
      if (broken) {
        const wanted = elementConstraints(simple ?? [], sparse).join(", ");
        report(violations, list, path, `Member must satisfy constraint: [${wanted}]`);
      }
    };
  }

  #map(constraints: ShapeConstraints): Check {
    const size = simpleConstraints(constraints);
    const key = this.#constraints(constraints.key ?? "");
    const value = this.#constraints(constraints.value ?? "");
    const keys = key === undefined ? [] : simpleConstraints(key);
    const compound = value !== undefined && isCompound(value);
    const nested = compound ? this.#check(constraints.value as string) : undefined;
    const values = value === undefined || compound ? [] : simpleConstraints(value);
    const sparse = constraints.sparse === true;
    return (map, path, violations) => {
      const entries = Object.entries(map as object);
      reportAll(size, map, path, violations);
      if (entries.some(([name]) => keys.some((constraint) => !constraint.holds(name)))) {
        const wanted = elementConstraints(keys, false).join(", ");
        report(violations, map, path, `Map keys must satisfy constraint: [${wanted}]`);
      }
      const broken = entries.some(([, entry]) =>
        entry === null ? !sparse : values.some((constraint) => !constraint.holds(entry)),
      );
      if (broken) {
        const wanted = elementConstraints(values, sparse).join(", ");
        report(violations, map, path, `Map value must satisfy constraint: [${wanted}]`, isDecimal(value));
      }
      for (const [name, entry] of nested === undefined ? [] : entries) {
        if (entry !== null) nested?.(entry, `${path}.${name}.member`, violations);
      }
    };
  }
}

function isCompound(constraints: ShapeConstraints): boolean {
  return constraints.type === "structure" || constraints.type === "list" || constraints.type === "map";
}

function simpleCheck(constraints: SimpleConstraints, decimal: boolean): Check | undefined {
  if (constraints.length === 0) return undefined;
  return (value, path, violations) => reportAll(constraints, value, path, violations, decimal);
}

function reportAll(
  constraints: SimpleConstraints,
  value: unknown,
  path: string,
  violations: string[],
  decimal = false,
): void {
  for (const constraint of constraints) {
    if (!constraint.holds(value)) report(violations, value, path, constraint.text, decimal);
  }
}

function report(
  violations: string[],
  value: unknown,
  path: string,
  constraint: string,
  decimal = false,
): void {
  if (violations.length >= wireLimits.listedViolations) return;
  violations.push(
    `Value ${describeValue(value, decimal)} at '${path}' failed to satisfy constraint: ${constraint}`,
  );
}

/** `N validation errors detected: ...; ...` */
export function validationMessage(violations: readonly string[]): string {
  const noun = violations.length === 1 ? "validation error" : "validation errors";
  return `${violations.length} ${noun} detected: ${violations.join("; ")}`;
}
