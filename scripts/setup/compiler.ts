import { installDebianPackages, works } from "./run.ts";

/** The tests of the namespaces tier need a C compiler; a server without one would only fall back. */
export function installCompiler(): void {
  if (!works("cc", "--version")) installDebianPackages(["gcc", "libc6-dev"], "compiles the spawner");
}
