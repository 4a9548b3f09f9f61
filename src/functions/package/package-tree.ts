import { functionLimits } from "../../base/index.ts";
import { BadPackage, demand } from "./bad-package.ts";

type Node =
  | { readonly kind: "directory"; mode: number; readonly children: Map<string, Node> }
  | { readonly kind: "file" }
  | { readonly kind: "link"; readonly target: string };

type Directory = Extract<Node, { kind: "directory" }>;

const IMPLIED_DIRECTORY_MODE = 0o555;
/** As many as Linux follows in one path. */
const LINK_HOPS = 40;

/**
 * The names of a package before anything of it is on disk: every name once, no name below a file or link, and no link
 * that leads out.
 */
export class PackageTree {
  readonly #root: Directory = directory();
  #directories = 0;

  addFile(path: readonly string[]): void {
    this.#add(path, { kind: "file" });
  }

  addLink(path: readonly string[], target: string): void {
    this.#add(path, { kind: "link", target });
  }

  /** A directory may be named more than once; the last mode counts. */
  addDirectory(path: readonly string[], mode: number): void {
    this.#enter(path).mode = mode;
  }

  /** Paths and modes, parents before children; the root is the empty path. */
  *directories(): Generator<{ readonly path: readonly string[]; readonly mode: number }> {
    yield* walk(this.#root, []);
  }

  /** Follows a link as the kernel would, in a file system that holds only the package. */
  checkLink(path: readonly string[]): void {
    let hops = 0;
    const position: Directory[] = [this.#root];
    const pending = [...path].reverse();
    while (pending.length > 0) {
      const component = pending.pop() ?? "";
      if (component === "..") {
        position.pop();
        demand(position.length > 0, "a link leads out of the package");
        continue;
      }
      const node = position.at(-1)?.children.get(component);
      // What is not there, or cannot be entered, resolves to nothing; the rest must still not climb out.
      if (node === undefined || node.kind === "file") {
        demand(!climbsOut(pending, position.length), "a link leads out of the package");
        return;
      }
      if (node.kind === "directory") {
        position.push(node);
        continue;
      }
      if (++hops > LINK_HOPS) return;
      pending.push(...node.target.split("/").filter(isStep).reverse());
    }
  }

  #add(path: readonly string[], node: Node): void {
    const name = path.at(-1);
    demand(name !== undefined, "a file has the name of the package's root");
    const { children } = this.#enter(path.slice(0, -1));
    demand(!children.has(name), `two entries have one name: ${JSON.stringify(path.join("/"))}`);
    children.set(name, node);
  }

  #enter(path: readonly string[]): Directory {
    let current = this.#root;
    for (const component of path) {
      let next = current.children.get(component);
      if (next === undefined) {
        next = directory();
        current.children.set(component, next);
        if (++this.#directories > functionLimits.zipEntries) {
          throw new BadPackage("broken", "the archive has too many directories");
        }
      }
      demand(next.kind === "directory", `an entry lies below a file: ${JSON.stringify(path.join("/"))}`);
      current = next;
    }
    return current;
  }
}

function directory(): Directory {
  return { kind: "directory", mode: IMPLIED_DIRECTORY_MODE, children: new Map() };
}

function* walk(
  node: Directory,
  path: readonly string[],
): Generator<{ readonly path: readonly string[]; readonly mode: number }> {
  yield { path, mode: node.mode };
  for (const [name, child] of node.children) {
    if (child.kind === "directory") yield* walk(child, [...path, name]);
  }
}

function isStep(component: string): boolean {
  return component !== "" && component !== ".";
}

/** `pending` is in reverse order, `depth` that of the directory that holds the missing name. */
function climbsOut(pending: readonly string[], depth: number): boolean {
  let level = depth;
  for (const component of pending.toReversed()) {
    level += component === ".." ? -1 : 1;
    if (level < 0) return true;
  }
  return false;
}
