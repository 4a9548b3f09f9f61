import { ArnPattern } from "./arn-pattern.ts";
import type { EvaluationContext } from "./context.ts";
import {
  isInRange,
  parseAddressRange,
  parseBinary,
  parseBoolean,
  parseDate,
  parseNumber,
} from "./scalar-values.ts";
import { demandPatternLength, Template } from "./template.ts";
import { WildcardPattern } from "./wildcard.ts";

/** Whether one value of the request matches one of the document, before any negation. */
export type ValueTest = (given: string, context: EvaluationContext) => boolean;

export interface Operator {
  /** Holds where the test fails, and where the request lacks the key. */
  readonly negated: boolean;
  /** Prepares a value of the document. What can't be read as the operator's type matches nothing. */
  readonly prepare: (value: string, options: { readonly variables: boolean }) => ValueTest;
}

/**
 * All condition operators but Null, by name.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
 */
export const OPERATORS: ReadonlyMap<string, Operator> = new Map<string, Operator>([
  ...pair(
    "StringEquals",
    "StringNotEquals",
    text((wanted, given) => wanted === given),
  ),
  ...pair(
    "StringEqualsIgnoreCase",
    "StringNotEqualsIgnoreCase",
    text((wanted, given) => wanted.toLowerCase() === given.toLowerCase()),
  ),
  ...pair(
    "StringLike",
    "StringNotLike",
    pattern((units) => new WildcardPattern(units)),
  ),
  ...pair(
    "ArnLike",
    "ArnNotLike",
    pattern((units) => new ArnPattern(units)),
  ),
  ...pair(
    "ArnEquals",
    "ArnNotEquals",
    pattern((units) => new ArnPattern(units)),
  ),
  ...pair(
    "NumericEquals",
    "NumericNotEquals",
    scalar(parseNumber, (given, wanted) => given === wanted),
  ),
  plain(
    "NumericLessThan",
    scalar(parseNumber, (given, wanted) => given < wanted),
  ),
  plain(
    "NumericLessThanEquals",
    scalar(parseNumber, (given, wanted) => given <= wanted),
  ),
  plain(
    "NumericGreaterThan",
    scalar(parseNumber, (given, wanted) => given > wanted),
  ),
  plain(
    "NumericGreaterThanEquals",
    scalar(parseNumber, (given, wanted) => given >= wanted),
  ),
  ...pair(
    "DateEquals",
    "DateNotEquals",
    scalar(parseDate, (given, wanted) => given === wanted),
  ),
  plain(
    "DateLessThan",
    scalar(parseDate, (given, wanted) => given < wanted),
  ),
  plain(
    "DateLessThanEquals",
    scalar(parseDate, (given, wanted) => given <= wanted),
  ),
  plain(
    "DateGreaterThan",
    scalar(parseDate, (given, wanted) => given > wanted),
  ),
  plain(
    "DateGreaterThanEquals",
    scalar(parseDate, (given, wanted) => given >= wanted),
  ),
  plain(
    "Bool",
    text((wanted, given) => {
      const value = parseBoolean(wanted);
      return value !== undefined && value === parseBoolean(given);
    }),
  ),
  plain(
    "BinaryEquals",
    scalar(parseBinary, (given, wanted) => given === wanted),
  ),
  ...pair("IpAddress", "NotIpAddress", scalar(parseAddressRange, isInRange)),
]);

function pair(name: string, opposite: string, prepare: Operator["prepare"]): [string, Operator][] {
  return [plain(name, prepare), [opposite, { negated: true, prepare }]];
}

function plain(name: string, prepare: Operator["prepare"]): [string, Operator] {
  return [name, { negated: false, prepare }];
}

/** Operators whose values may hold variables, but no wildcards. */
function text(matches: (wanted: string, given: string) => boolean): Operator["prepare"] {
  return (value, options) => {
    const template = new Template(value, options);
    const fixed = template.fixed ? template.resolve(undefined) : undefined;
    return (given, context) => {
      const wanted = fixed ?? template.resolve(context);
      return wanted !== undefined && matches(wanted, given);
    };
  };
}

/** Operators whose values may hold variables and wildcards. */
function pattern(
  compile: (units: readonly number[]) => { matches(given: string): boolean },
): Operator["prepare"] {
  return (value, options) => {
    demandPatternLength(value);
    const template = new Template(value, options);
    const compiled = (context?: EvaluationContext) => {
      const units = template.units(context);
      return units === undefined ? undefined : compile(units);
    };
    const fixed = template.fixed ? compiled() : undefined;
    return (given, context) => (fixed ?? compiled(context))?.matches(given) ?? false;
  };
}

/** Operators that take neither variables nor wildcards. */
function scalar<T>(
  parse: (text: string) => T | undefined,
  matches: (given: T, wanted: T) => boolean,
): Operator["prepare"] {
  return (value) => {
    const wanted = parse(value);
    return (given) => {
      const parsed = wanted === undefined ? undefined : parse(given);
      return wanted !== undefined && parsed !== undefined && matches(parsed, wanted);
    };
  };
}
