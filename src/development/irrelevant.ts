import { readFileSync } from "node:fs";
import { dirname, join, sep } from "node:path";
import ignore, { type Ignore } from "ignore";

/** Directories in which nothing is followed. */
const SKIPPED = new Set([".git", ".hg", ".svn", "__pycache__", ".venv", ".aws-sam", ".lambkin"]);
/** The one file of `node_modules` that package managers write when they are done. */
const INSTALLED = new Set([".package-lock.json", ".yarn-integrity", ".yarn-state.yml", ".modules.yaml"]);
/** What editors write beside the file that is saved, and operating systems anywhere. */
const EDITORS = /^(\..*\.sw[a-z]|\.#.*|#.*#|.*~|4913|\.DS_Store|.*\.tmp\.\d.*|.*___jb_(tmp|old)___)$/;

/**
 * Tells changes apart that can't concern a function: what .gitignore names, version control, editors' own files, the
 * inside of `node_modules`. Where a handler lies in an ignored directory, as compiled ones do, that one counts.
 */
export class Irrelevant {
  readonly #root: string;
  readonly #handlers: () => readonly string[];
  readonly #rules = new Map<string, Ignore | undefined>();

  constructor(root: string, handlers: () => readonly string[]) {
    this.#root = root;
    this.#handlers = handlers;
  }

  /** A .gitignore was written. */
  forget(): void {
    this.#rules.clear();
  }

  /** Whether to look into a directory, by its path below the root. */
  enters(path: string): boolean {
    const parts = path.split(sep);
    const name = parts.at(-1) ?? "";
    if (SKIPPED.has(name) || parts.slice(0, -1).includes("node_modules")) return false;
    return name === "node_modules" || !this.#ignored(`${path}/`);
  }

  /** Whether a change of a file counts. */
  has(path: string): boolean {
    const parts = path.split(sep);
    const name = parts.at(-1) ?? "";
    if (parts.length > 1 && parts.at(-2) === "node_modules") return !INSTALLED.has(name);
    return EDITORS.test(name) || this.#ignored(path);
  }

  #ignored(path: string): boolean {
    for (let directory = dirname(path); ; directory = dirname(directory)) {
      const rules = this.#rulesOf(directory);
      const below = directory === "." ? path : path.slice(directory.length + 1);
      if (rules?.ignores(below) === true) return !this.#handled(path);
      if (directory === "." || directory === "/") return false;
    }
  }

  /** Whether the path is below, or leads to, the directory of a handler that is ignored itself. */
  #handled(path: string): boolean {
    return this.#handlers().some((handler) => {
      const directory = dirname(handler);
      if (directory === ".") return false;
      return path.startsWith(`${directory}/`) || `${directory}/`.startsWith(path);
    });
  }

  #rulesOf(directory: string): Ignore | undefined {
    if (this.#rules.has(directory)) return this.#rules.get(directory);
    let rules: Ignore | undefined;
    try {
      rules = ignore().add(readFileSync(join(this.#root, directory, ".gitignore"), "utf8"));
    } catch {
      // There is none, or none that can be read.
    }
    this.#rules.set(directory, rules);
    return rules;
  }
}
