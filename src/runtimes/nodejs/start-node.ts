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

/** From 20.17 on Node.js knows the options; before it, it has none of the features. */
const OLDEST_WITH_OPTIONS = [20, 17] as const;

/** `line` is that of the function's identifier, `variables` are the function's. */
export function nodejsCommand(
  interpreter: Interpreter,
  memoryMiB: number,
  { line, variables }: { readonly line: number; readonly variables: Readonly<Record<string, string>> },
): readonly [string, ...string[]] {
  const heapMiB = Math.floor(memoryMiB * HEAP_SHARE);
  const program = `/var/lang/${relative(interpreter.prefix, interpreter.program)}`;
  const youngMiB = Math.max(1, Math.floor(memoryMiB * YOUNG_SHARE));
  return [
    program,
    `--max-semi-space-size=${youngMiB}`,
    `--max-old-space-size=${heapMiB}`,
    ...switchedOff(interpreter, line, variables["NODE_OPTIONS"] ?? ""),
    "/var/runtime/bootstrap.cjs",
  ];
}

/**
 * Lambda switches off that `require` loads ES modules, and for nodejs22.x that a file's syntax tells what it is, which
 * nodejs18.x and older ones have not; NODE_OPTIONS switches them on again.
 * https://docs.aws.amazon.com/lambda/latest/dg/lambda-nodejs.html#nodejs-experimental-features
 */
function switchedOff({ version }: Interpreter, line: number, nodeOptions: string): string[] {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [oldestMajor, oldestMinor] = OLDEST_WITH_OPTIONS;
  if (major < oldestMajor || (major === oldestMajor && minor < oldestMinor)) return [];
  const features = ["require-module", ...(line === 22 || line < 20 ? ["detect-module"] : [])];
  const asked = nodeOptions.split(/\s+/);
  return features
    .filter((feature) => !asked.includes(`--experimental-${feature}`))
    .map((feature) => `--no-experimental-${feature}`);
}
