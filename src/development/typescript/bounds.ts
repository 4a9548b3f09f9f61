import { sep } from "node:path";
import type { Plugin } from "esbuild";

/** Absolute directories, links resolved. */
export interface BuildBounds {
  /** What is bundled lies in it; anywhere if undefined. */
  readonly within: string | undefined;
  /** And never in this one, the server's own. */
  readonly without: string;
}

/**
 * Keeps a bundle to what functions may be run from: sources name files by any path, and esbuild, which follows links
 * first, runs with the rights of the server. The filters are esbuild's own, so that files within cost nothing.
 */
export function boundsPlugin({ within, without }: BuildBounds): Plugin {
  return {
    name: "bounds of what functions run from",
    setup(build) {
      const refuse = ({ path }: { readonly path: string }) => ({
        errors: [{ text: `${path} is not among what this server runs functions from` }],
      });
      build.onLoad({ filter: below(without), namespace: "file" }, refuse);
      if (within !== undefined) build.onLoad({ filter: notBelow(within), namespace: "file" }, refuse);
    },
  };
}

function below(directory: string): RegExp {
  return new RegExp(`^${escaped(prefixOf(directory))}`);
}

/** Go, which reads it, knows no lookahead: a path leaves the prefix at one of its characters, or ends there. */
function notBelow(directory: string): RegExp {
  const characters = Array.from(prefixOf(directory), escaped);
  const leaves = characters.map(
    (character, index) => `${characters.slice(0, index).join("")}(?:[^${character}]|$)`,
  );
  return new RegExp(`^(?:${leaves.join("|")})`);
}

function prefixOf(directory: string): string {
  return directory.endsWith(sep) ? directory : directory + sep;
}

/** Also within brackets. */
function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}
