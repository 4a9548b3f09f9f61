import { provide } from "./debian.ts";

/** The tests of the namespaces tier need a C compiler; a server without one would only fall back. */
export function installCompiler(): Promise<void> {
  return provide(["cc", "--version"], ["gcc", "libc6-dev"], "compiles the spawner");
}
