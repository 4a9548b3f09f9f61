import { join, relative } from "node:path";
import type { Interpreter } from "../interfaces.ts";
import { searchPaths } from "../search-paths.ts";

/** How much of the memory becomes the heap, the rest being for code, threads and classes. */
const HEAP_SHARE = 0.85;

export function javaVariables(): Readonly<Record<string, string>> {
  // As for Python, where layers lie is said by a variable.
  return { ...searchPaths, _LAMBKIN_LAYERS: "/opt/java/lib" };
}

/** The first compiler alone and the serial collector make short starts, as on Lambda. */
export function javaCommand(
  interpreter: Interpreter,
  memoryMiB: number,
  bootstrap: { readonly directory: string; readonly archive: string | undefined },
): readonly [string, ...string[]] {
  return [
    `/var/lang/${relative(interpreter.prefix, interpreter.program)}`,
    `-XX:MaxHeapSize=${Math.floor(memoryMiB * 1024 * HEAP_SHARE)}k`,
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:-UsePerfData",
    "-Xshare:auto",
    ...(bootstrap.archive === undefined ? [] : [`-XX:SharedArchiveFile=${bootstrap.archive}`]),
    "-jar",
    // An archive holds for one path of the jar only.
    join(bootstrap.directory, "runtime.jar"),
  ];
}
