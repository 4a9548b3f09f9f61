import { ANY_RUN, WildcardPattern, wildcardUnits } from "./wildcard.ts";

const PARTS = 6;
const COLON = 58;

/**
 * An ARN with wildcards, as ArnLike and ArnEquals take it: each of the six parts is matched for itself, so that no
 * wildcard reaches over a colon, except in the last part. A lone `*` matches every ARN.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_ARN
 */
export class ArnPattern {
  /** Undefined for what can't be an ARN, empty for a lone star. */
  readonly #parts: readonly WildcardPattern[] | undefined;

  constructor(units: readonly number[]) {
    if (units.length === 1 && units[0] === ANY_RUN) {
      this.#parts = [];
      return;
    }
    const parts: WildcardPattern[] = [];
    let start = 0;
    for (let end = 0; end < units.length && parts.length < PARTS - 1; end++) {
      if (units[end] !== COLON) continue;
      parts.push(new WildcardPattern(units.slice(start, end)));
      start = end + 1;
    }
    parts.push(new WildcardPattern(units.slice(start)));
    this.#parts = parts.length === PARTS ? parts : undefined;
  }

  matches(arn: string): boolean {
    if (this.#parts === undefined) return false;
    const given = splitArn(arn);
    if (given === undefined) return false;
    return this.#parts.every((part, index) => part.matches(given[index] as string));
  }
}

/** Whether the ARN matches the pattern, part by part. */
export function matchesArn(pattern: string, arn: string): boolean {
  return new ArnPattern(wildcardUnits(pattern)).matches(arn);
}

function splitArn(text: string): readonly string[] | undefined {
  const parts: string[] = [];
  let start = 0;
  while (parts.length < PARTS - 1) {
    const end = text.indexOf(":", start);
    if (end < 0) return undefined;
    parts.push(text.slice(start, end));
    start = end + 1;
  }
  parts.push(text.slice(start));
  return parts[0] === "arn" ? parts : undefined;
}
