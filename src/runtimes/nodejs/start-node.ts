import { relative } from "node:path";
import type { Interpreter } from "../interfaces.ts";
import { searchPaths } from "../search-paths.ts";

/** Of the function's memory, as on Lambda; the rest is for stacks, buffers and the program itself. */
const HEAP_SHARE = 0.9;

/** Of it too: what each half of the young generation may grow to, without which small functions run out of memory. */
const YOUNG_SHARE = 0.05;

export function nodejsVariables(line: number): Readonly<Record<string, string>> {
  return {
    ...searchPaths,
    NODE_PATH: `/opt/nodejs/node${line}/node_modules:/opt/nodejs/node_modules:/var/runtime/node_modules:/var/runtime:/var/task`,
  };
}

export function nodejsCommand(interpreter: Interpreter, memoryMiB: number): readonly [string, ...string[]] {
  const heapMiB = Math.floor(memoryMiB * HEAP_SHARE);
  const program = `/var/lang/${relative(interpreter.prefix, interpreter.program)}`;
  const youngMiB = Math.max(1, Math.floor(memoryMiB * YOUNG_SHARE));
  return [
    program,
    `--max-semi-space-size=${youngMiB}`,
    `--max-old-space-size=${heapMiB}`,
    "/var/runtime/bootstrap.cjs",
  ];
}
