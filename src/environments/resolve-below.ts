import { lstatSync, readlinkSync, type Stats } from "node:fs";
import { join } from "node:path";

/** As many as Linux follows in one path. */
const LINK_HOPS = 40;

/** What a path leads to: a place on this machine, nothing, or what only the sandbox can tell. */
export type Found = { readonly place: string; readonly status: Stats } | "nothing" | "elsewhere";

/**
 * Where a path in a package or in layers leads, as far as its links stay below `root`. Those that leave lead to another
 * place in a sandbox than here, so they are not followed: each layer is checked for such links, but laid over one
 * another their links may climb out together. Looked for at once: in the queue of Node.js's threads it would wait for
 * whatever they write.
 */
export function resolveBelow(root: string, path: string): Found {
  const position: string[] = [];
  const pending = steps(path);
  let hops = 0;
  let status = lstatSync(root, { throwIfNoEntry: false });
  while (status !== undefined && pending.length > 0) {
    const step = pending.pop() ?? "";
    if (step === "..") {
      if (position.pop() === undefined) return "elsewhere";
      continue;
    }
    const place = join(root, ...position, step);
    status = lstatSync(place, { throwIfNoEntry: false });
    if (status?.isSymbolicLink() === true) {
      const target = readlinkSync(place);
      if (target.startsWith("/")) return "elsewhere";
      if (++hops > LINK_HOPS) return "nothing";
      pending.push(...steps(target));
      continue;
    }
    if (pending.length > 0 && status?.isDirectory() !== true) return "nothing";
    position.push(step);
  }
  if (status === undefined) return "nothing";
  const place = join(root, ...position);
  return { place, status: lstatSync(place) };
}

/** The last first. */
function steps(path: string): string[] {
  return path
    .split("/")
    .filter((step) => step !== "" && step !== ".")
    .reverse();
}
