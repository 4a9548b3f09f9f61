import type { ProcessSpec } from "../interfaces.ts";

/** A directory as processes name it (`target`) and where the host really has it (`source`). */
export interface PathMapping {
  readonly source: string;
  readonly target: string;
}

/**
 * Without a mount namespace `/var/task` does not exist. Callers still speak inside-paths; this turns them into the
 * host's wherever a whole value is a path or a colon-separated list of paths. Text that merely contains a path
 * (a JSON document, a URL) stays as it is, because changing it would be a guess.
 */
export class PathTranslation {
  #mappings: readonly PathMapping[] = [];

  constructor(mappings: readonly PathMapping[]) {
    this.add(mappings);
  }

  /** A target that is there already gets another source. */
  add(mappings: readonly PathMapping[]): void {
    const added = mappings.map(({ source, target }) => ({
      source: trimSlash(source),
      target: trimSlash(target),
    }));
    this.#mappings = [
      ...added,
      ...this.#mappings.filter(({ target }) => !added.some((other) => other.target === target)),
    ].sort((a, b) => b.target.length - a.target.length);
  }

  path(inside: string): string {
    for (const { source, target } of this.#mappings) {
      if (inside === target) return source;
      if (inside.startsWith(`${target}/`)) return source + inside.slice(target.length);
    }
    return inside;
  }

  /** A path, or a list such as `/var/lang/bin:/opt/bin`; anything else comes back unchanged. */
  value(text: string): string {
    if (!text.includes("/")) return text;
    const items = text.split(":");
    if (!items.every((item) => item === "" || item.startsWith("/"))) return text;
    return items.map((item) => this.path(item)).join(":");
  }

  process(spec: ProcessSpec): ProcessSpec {
    const [program, ...rest] = spec.command;
    return {
      command: [this.path(program), ...rest.map((argument) => this.value(argument))],
      environment: Object.fromEntries(
        Object.entries(spec.environment).map(([name, value]) => [name, this.value(value)]),
      ),
      workingDirectory: this.path(spec.workingDirectory),
    };
  }
}

function trimSlash(path: string): string {
  return path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
}
