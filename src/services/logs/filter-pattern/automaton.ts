import { logsLimits } from "../../../base/index.ts";

/** By ASCII code; the last place, 128, stands for every other character. */
export interface CharacterSet {
  readonly has: readonly boolean[];
  /** The code, if it is one character. */
  readonly only?: number;
}

export type Piece =
  | { readonly kind: "start" | "end" }
  | {
      readonly kind: "characters";
      readonly set: CharacterSet;
      readonly optional: boolean;
      readonly repeats: boolean;
    };

type State = Piece | { readonly kind: "found" };

/** A set of states, with the sets that follow it as far as they have been needed. */
interface Node {
  readonly states: readonly number[];
  readonly next: (Node | undefined)[];
  readonly found: boolean;
  /** Found if the text ends here. */
  readonly foundAtEnd: boolean;
}

const BEYOND_ASCII = 128;

/** Looks for any of several sequences anywhere in a text, reading each character once. */
export class Automaton {
  readonly #states: State[] = [];
  readonly #entries: number[] = [];
  #nodes = new Map<string, Node>();

  constructor(alternatives: readonly (readonly Piece[])[]) {
    for (const pieces of alternatives) {
      this.#entries.push(this.#states.length);
      this.#states.push(...pieces, { kind: "found" });
    }
  }

  finds(text: string): boolean {
    let node = this.#nodeOf(this.#entries, true);
    for (let at = 0; at < text.length && !node.found; at += 1) {
      const code = Math.min(text.charCodeAt(at), BEYOND_ASCII);
      node = node.next[code] ??= this.#follow(node, code);
    }
    return node.found || node.foundAtEnd;
  }

  #follow(node: Node, code: number): Node {
    // A search may begin at every character, so the entries are always among the states.
    const targets = [...this.#entries];
    for (const index of node.states) {
      const state = this.#states[index];
      if (state?.kind !== "characters" || state.set.has[code] !== true) continue;
      targets.push(index + 1);
      if (state.repeats) targets.push(index);
    }
    return this.#nodeOf(targets, false);
  }

  #nodeOf(targets: readonly number[], atStart: boolean): Node {
    const states = this.#reach(targets, atStart, false);
    const key = `${atStart}${[...states].sort((a, b) => a - b).join()}`;
    const known = this.#nodes.get(key);
    if (known !== undefined) return known;
    const isFound = (reached: ReadonlySet<number>) =>
      [...reached].some((index) => this.#states[index]?.kind === "found");
    const node: Node = {
      states: [...states],
      next: [],
      found: isFound(states),
      foundAtEnd: isFound(this.#reach(targets, atStart, true)),
    };
    if (this.#nodes.size >= logsLimits.filterAutomatonNodes) this.#nodes = new Map();
    this.#nodes.set(key, node);
    return node;
  }

  /** All states that are reached without reading a character. */
  #reach(targets: readonly number[], atStart: boolean, atEnd: boolean): Set<number> {
    const reached = new Set<number>();
    const waiting = [...targets];
    for (let index = waiting.pop(); index !== undefined; index = waiting.pop()) {
      if (reached.has(index)) continue;
      reached.add(index);
      const state = this.#states[index];
      const passes =
        state?.kind === "start"
          ? atStart
          : state?.kind === "end"
            ? atEnd
            : state?.kind === "characters" && state.optional;
      if (passes) waiting.push(index + 1);
    }
    return reached;
  }
}
