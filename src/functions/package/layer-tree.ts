import { createHash } from "node:crypto";
import { chmod, copyFile, link, lstat, mkdir, readdir, readlink, symlink } from "node:fs/promises";
import { join } from "node:path";
import { synchronizeDirectory } from "./directories.ts";

type Node =
  | { readonly kind: "directory"; mode: number; readonly children: Map<string, Node> }
  | { readonly kind: "file"; readonly source: string }
  | { readonly kind: "link"; readonly target: string };

type Directory = Extract<Node, { kind: "directory" }>;

const MERGED = "layers-";

/** The name of several layers laid over one another; like that of a package it tells the content. */
export function mergedName(sha256s: readonly string[]): string {
  return MERGED + createHash("sha256").update(sha256s.join("\n")).digest("hex");
}

export function isMerged(name: string): boolean {
  return name.startsWith(MERGED);
}

/**
 * Lays unpacked layers over one another in `directory`, which exists and is empty: directories of the same name become
 * one, anything else of a later layer takes the place of what earlier ones have. Files are hard links, so that a merge
 * costs names only; links are copied as they are and never followed, so that nothing is written through one.
 * https://docs.aws.amazon.com/lambda/latest/dg/chapter-layers.html
 */
export async function mergeLayers(layers: readonly string[], directory: string): Promise<void> {
  const root: Directory = { kind: "directory", mode: 0o555, children: new Map() };
  for (const layer of layers) await lay(layer, root);
  await build(root, directory);
}

async function lay(place: string, onto: Directory): Promise<void> {
  onto.mode = (await lstat(place)).mode & 0o777;
  for (const entry of await readdir(place, { withFileTypes: true })) {
    const source = join(place, entry.name);
    if (entry.isDirectory()) {
      const present = onto.children.get(entry.name);
      const below: Directory =
        present?.kind === "directory" ? present : { kind: "directory", mode: 0o555, children: new Map() };
      onto.children.set(entry.name, below);
      await lay(source, below);
    } else if (entry.isSymbolicLink()) {
      onto.children.set(entry.name, { kind: "link", target: await readlink(source) });
    } else {
      onto.children.set(entry.name, { kind: "file", source });
    }
  }
}

async function build(node: Directory, place: string): Promise<void> {
  for (const [name, child] of node.children) {
    const inside = join(place, name);
    if (child.kind === "file") {
      await linkOrCopy(child.source, inside);
    } else if (child.kind === "link") {
      await symlink(child.target, inside);
    } else {
      await mkdir(inside, { mode: 0o700 });
      await build(child, inside);
    }
  }
  await synchronizeDirectory(place);
  await chmod(place, node.mode);
}

/** A file may have as many names as its file system lets it; then it is copied. */
async function linkOrCopy(source: string, place: string): Promise<void> {
  try {
    await link(source, place);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EMLINK") throw error;
    await copyFile(source, place);
    await chmod(place, (await lstat(source)).mode & 0o777);
  }
}
