import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

/** A loadable part of the kernel and its file. */
export interface KernelModule {
  readonly name: string;
  readonly content: Buffer;
}

/** The wanted modules with all that they depend on, in an order in which they can be loaded. */
export function modulesInOrder(directory: string, wanted: readonly string[]): readonly KernelModule[] {
  const files = new Map<string, string>();
  for (const entry of readdirSync(directory, { recursive: true, encoding: "utf8" })) {
    if (entry.endsWith(".ko")) files.set(nameOf(path.basename(entry, ".ko")), path.join(directory, entry));
  }
  const found = new Map<string, KernelModule>();
  const add = (name: string): void => {
    if (found.has(name)) return;
    const file = files.get(name);
    if (file === undefined) throw new Error(`the kernel has no module ${name}`);
    const content = readFileSync(file);
    for (const other of /\0depends=([^\0]*)\0/.exec(content.toString("latin1"))?.[1]?.split(",") ?? [])
      if (other !== "") add(nameOf(other));
    found.set(name, { name, content });
  };
  for (const name of wanted) add(name);
  return [...found.values()];
}

/** Files have hyphens where names have underscores. */
function nameOf(text: string): string {
  return text.replaceAll("-", "_");
}
