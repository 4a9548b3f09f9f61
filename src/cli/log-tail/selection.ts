import type { OptionValues } from "../command.ts";
import { logGroups } from "./log-events.ts";

const PREFIX = "/aws/lambda/";

/** Which log groups are meant: of functions by name, of all whose name a pattern matches, or groups by their own name. */
export class LogSelection {
  readonly #fixed: Set<string>;
  readonly #patterns: readonly RegExp[];

  /** Without names: every function. `*` and `?` stand for characters of a name. */
  constructor(names: readonly string[], groups: readonly string[] = []) {
    const wanted = names.length === 0 && groups.length === 0 ? ["*"] : names;
    this.#patterns = wanted.filter((name) => /[*?]/.test(name)).map(patternOf);
    this.#fixed = new Set(groups);
    this.add(wanted.filter((name) => !/[*?]/.test(name)));
  }

  /** Means further functions, too. */
  add(names: readonly string[]): void {
    for (const name of names) this.#fixed.add(PREFIX + name);
  }

  /** Whether one function alone can be meant. */
  get single(): boolean {
    return this.#patterns.length === 0 && this.#fixed.size === 1;
  }

  /** The groups that there are now; functions have theirs from their first line on. */
  async groups(options: OptionValues): Promise<string[]> {
    if (this.#patterns.length === 0) return [...this.#fixed];
    const found = (await logGroups(options, PREFIX)).filter((group) =>
      this.#patterns.some((pattern) => pattern.test(group.slice(PREFIX.length))),
    );
    return [...new Set([...this.#fixed, ...found])];
  }
}

function patternOf(glob: string): RegExp {
  const source = glob
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`, "u");
}

export function functionOf(group: string): string {
  return group.startsWith(PREFIX) ? group.slice(PREFIX.length) : group;
}
