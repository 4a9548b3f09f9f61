import type { Interpreter } from "../interfaces.ts";
import { searchPaths } from "../search-paths.ts";

export function pythonVariables(): Readonly<Record<string, string>> {
  // Where layers lie is said by a variable, since without a mount namespace it is not where the bootstrap would look.
  return { ...searchPaths, PYTHONPATH: "/var/runtime", _LAMBKIN_LAYERS: "/opt/python" };
}

export function pythonCommand(interpreter: Interpreter): readonly [string, ...string[]] {
  return [`/var/lang/bin/python3.${interpreter.line}`, "-u", "/var/runtime/bootstrap.py"];
}
