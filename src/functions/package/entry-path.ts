import { demand } from "./bad-package.ts";

/** A component may have 255 bytes on every file system that matters, a path 4,095 with room for where it is mounted. */
const COMPONENT_BYTES = 255;
const PATH_BYTES = 3_072;

/**
 * The components of an entry's name, without `.` and empty ones. Refuses what leaves the package or could mean
 * something else to another reader of the archive: absolute paths, `..`, backslashes, NUL, drive letters.
 */
export function entryPath(name: string): readonly string[] {
  demand(name !== "", "an entry has no name");
  demand(!name.includes("\0"), "an entry's name holds NUL");
  demand(!name.includes("\\"), `an entry's name holds a backslash: ${printable(name)}`);
  demand(
    !name.startsWith("/") && !/^[a-zA-Z]:/.test(name),
    `an entry's name is absolute: ${printable(name)}`,
  );
  demand(Buffer.byteLength(name) <= PATH_BYTES, "an entry's name is too long");
  const components = name.split("/").filter((component) => component !== "" && component !== ".");
  for (const component of components) {
    demand(component !== "..", `an entry leaves the package: ${printable(name)}`);
    demand(Buffer.byteLength(component) <= COMPONENT_BYTES, "a component of an entry's name is too long");
  }
  return components;
}

function printable(name: string): string {
  return JSON.stringify(name.slice(0, 200));
}
