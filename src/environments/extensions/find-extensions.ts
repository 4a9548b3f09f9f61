import { readdirSync } from "node:fs";
import { join } from "node:path";
import { type Found, resolveBelow } from "../resolve-below.ts";

/** With this file a layer turns all extensions off. */
const DISABLING_FILE = "disable-extensions-jwigqn8j";

/** The files in the layers' `extensions` folder, in the order in which they are launched. */
export function findExtensions(layersDirectory: string | undefined): readonly string[] {
  if (layersDirectory === undefined) return [];
  if (resolveBelow(layersDirectory, DISABLING_FILE) !== "nothing") return [];
  const folder = resolveBelow(layersDirectory, "extensions");
  if (typeof folder === "string" || !folder.status.isDirectory()) return [];
  return readdirSync(folder.place)
    .filter((name) => isProgram(resolveBelow(layersDirectory, join("extensions", name))))
    .sort();
}

/** What lies elsewhere may be one; the sandbox will tell. */
function isProgram(found: Found): boolean {
  return found === "elsewhere" || (found !== "nothing" && !found.status.isDirectory());
}
