import type { Interpreter } from "../interfaces.ts";
import { searchPaths } from "../search-paths.ts";

export function pythonVariables(): Readonly<Record<string, string>> {
  return { ...searchPaths, PYTHONPATH: "/var/runtime" };
}

export function pythonCommand(interpreter: Interpreter): readonly [string, ...string[]] {
  return [`/var/lang/bin/python3.${interpreter.line}`, "-u", "/var/runtime/bootstrap.py"];
}
