import { createRuntimeCatalog } from "./catalog.ts";
import { findDotnets } from "./dotnet/find-dotnet.ts";
import type { RuntimeCatalog } from "./interfaces.ts";
import { findJavas } from "./java/find-java.ts";
import { findNodes } from "./nodejs/find-node.ts";
import { ProbeMemory } from "./probe-memory.ts";
import { findPythons } from "./python/find-python.ts";
import { findRubies } from "./ruby/find-ruby.ts";

export type * from "./interfaces.ts";

/** Looks for interpreters on this machine and tells which Lambda runtimes they can serve. */
export async function findRuntimes(
  options: { /** Keeps what was found out for the next time. */ readonly memoryFile?: string } = {},
): Promise<RuntimeCatalog> {
  const memory = options.memoryFile === undefined ? undefined : new ProbeMemory(options.memoryFile);
  const found = await Promise.all([
    findNodes(memory),
    findPythons(memory),
    findRubies(memory),
    findJavas(),
    findDotnets(memory, []),
  ]);
  void memory?.save();
  return createRuntimeCatalog(found.flat());
}
