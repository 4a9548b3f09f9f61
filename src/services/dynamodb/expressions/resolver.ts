import type { ServiceError } from "../../../base/index.ts";
import { invalid } from "../errors.ts";
import type { AttributeValue } from "../model.ts";
import type { Path, PathOperand, ValueOperand } from "./ast.ts";
import type { ExpressionParameter } from "./lexer.ts";
import type { Placeholders } from "./placeholders.ts";
import { isReserved } from "./reserved-words.ts";
import type { SyntaxOperand, SyntaxPath, SyntaxValue } from "./syntax.ts";

/** Puts names and values into one expression and words its errors. */
export class Resolver {
  readonly #parameter: ExpressionParameter;
  readonly #placeholders: Placeholders;

  constructor(parameter: ExpressionParameter, placeholders: Placeholders) {
    this.#parameter = parameter;
    this.#placeholders = placeholders;
  }

  fail(message: string): ServiceError {
    return invalid(`Invalid ${this.#parameter}: ${message}`);
  }

  /** Refuses identifiers that are reserved words. */
  checkReserved(path: SyntaxPath): void {
    for (const part of path.parts) {
      if (typeof part === "string" && isReserved(part)) {
        throw this.fail(`Attribute name is a reserved keyword; reserved keyword: ${part}`);
      }
    }
  }

  path(syntax: SyntaxPath): PathOperand {
    const path = syntax.parts.map((part) => {
      if (typeof part === "number" || !part.startsWith("#")) return part;
      const name = this.#placeholders.name(part);
      if (name !== undefined) return name;
      throw this.fail(
        `An expression attribute name used in the document path is not defined; attribute name: ${part}`,
      );
    });
    return { kind: "path", path: path as unknown as Path };
  }

  value(syntax: SyntaxValue): ValueOperand {
    const value = this.#placeholders.value(syntax.name);
    if (value !== undefined) return { kind: "value", value };
    throw this.fail(
      `An expression attribute value used in expression is not defined; attribute value: ${syntax.name}`,
    );
  }

  /** Refuses two paths that are equal, that contain each other, or that take one attribute for a map and a list. */
  checkDisjoint(paths: readonly Path[]): void {
    const root: PathNode = { children: new Map() };
    for (const path of paths) this.#checkAgainst(root, path);
  }

  /** Walks the tree of the paths seen so far, so that many paths cost no more than their length. */
  #checkAgainst(root: PathNode, path: Path): void {
    let node = root;
    for (const [depth, part] of path.entries()) {
      if (node.end !== undefined) throw this.#clash("overlap", node.end, path);
      const other = node.children.values().next().value;
      if (depth > 0 && other !== undefined && typeof part !== other.partType) {
        throw this.#clash("conflict", anyPathOf(other), path);
      }
      let child = node.children.get(part);
      if (child === undefined) {
        child = { children: new Map(), partType: typeof part };
        node.children.set(part, child);
      }
      node = child;
    }
    if (node.end !== undefined || node.children.size > 0) {
      throw this.#clash("overlap", anyPathOf(node), path);
    }
    node.end = path;
  }

  #clash(how: "overlap" | "conflict", first: Path, second: Path): ServiceError {
    return this.fail(
      `Two document paths ${how} with each other; must remove or rewrite one of these paths; path one: ${showPath(first)}, path two: ${showPath(second)}`,
    );
  }
}

interface PathNode {
  readonly children: Map<string | number, PathNode>;
  readonly partType?: string;
  end?: Path;
}

function anyPathOf(node: PathNode): Path {
  let at = node;
  while (at.end === undefined) at = at.children.values().next().value as PathNode;
  return at.end;
}

export function showPath(path: Path): string {
  return `[${path.map((part) => (typeof part === "number" ? `[${part}]` : part)).join(", ")}]`;
}

export function samePath(left: Path, right: Path): boolean {
  return left.length === right.length && left.every((part, at) => part === right[at]);
}

/** All operands below and including these, inner ones first. */
export function* operandsWithin(operands: readonly SyntaxOperand[]): Generator<SyntaxOperand> {
  for (const operand of operands) {
    if ("operands" in operand) yield* operandsWithin(operand.operands);
    yield operand;
  }
}

const LONG_TYPE_NAMES: Readonly<Record<string, string>> = {
  S: "STRING",
  N: "NUMBER",
  B: "BINARY",
  NULL: "NULL",
  BOOL: "BOOLEAN",
  L: "LIST",
  M: "MAP",
  SS: "STRING_SET",
  NS: "NUMBER_SET",
  BS: "BINARY_SET",
};

export function longTypeName(type: string): string {
  return LONG_TYPE_NAMES[type] ?? type;
}

/** A value as error messages show it. */
export function showValue(value: AttributeValue): string {
  return Object.entries(value)
    .map(
      ([type, content]) =>
        `{${type}:${typeof content === "object" ? JSON.stringify(content) : String(content)}}`,
    )
    .join("");
}
